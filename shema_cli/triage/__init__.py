"""Dead letters, family after family, worst first: `shema dlq triage`."""
