"""The data of a sandbox: the school, its people, its dead letters and its traffic."""
