"""Enrollments: read them, and decide on them once, together and on the record."""
