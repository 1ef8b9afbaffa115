"""Conversations as they happen."""
