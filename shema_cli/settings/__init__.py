"""Every setting, where it came from, and the profiles."""
