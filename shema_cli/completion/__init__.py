"""Completion with TAB: scripts for four shells, generated from the command tree, and the values that live."""
