"""A profile set up as a whole: asked for or read from a file, each value tried, written at once."""
