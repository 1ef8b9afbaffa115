"""What was published, kept in a stream (contract 3.3): recording it, reading it, and who missed what."""
