"""`shema courses`: what is taught, the seats that there are, and how many wait."""
