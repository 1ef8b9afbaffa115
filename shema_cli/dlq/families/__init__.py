"""Families of dead letters, by the fingerprint of their error: which are known, and what is new of them."""
