"""What leaves the process: the one sink, sanitising, tables, prompts, pager, progress."""
