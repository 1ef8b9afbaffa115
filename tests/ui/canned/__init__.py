"""A school that stands still: what every line of the console hands back, and always the same."""
