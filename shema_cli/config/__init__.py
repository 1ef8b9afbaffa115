"""Settings and profiles, shown and changed."""
