"""Help that teaches: what a command is for, examples that run, the exit codes it can give, and what to read next."""
