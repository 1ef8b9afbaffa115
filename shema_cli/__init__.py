"""The command line of the Shema Music admins."""

__version__ = "0.1.0"
