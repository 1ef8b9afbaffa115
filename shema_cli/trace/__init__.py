"""One id through decision, audit trail, dead letters and live events."""
