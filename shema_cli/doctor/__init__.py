"""Find out what is wrong, and what to do. Nothing here changes anything."""
