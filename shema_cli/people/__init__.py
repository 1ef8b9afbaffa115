"""The names of students and courses: asked of their services, kept for five minutes, never in anybody's way."""
