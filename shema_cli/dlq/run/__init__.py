"""What works on the list in Redis: runs, their steps, and what they leave behind when they die."""
