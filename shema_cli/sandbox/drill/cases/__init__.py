"""The drills, a file for each part of the system that goes wrong in them."""
