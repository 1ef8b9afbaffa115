"""`shema sandbox tour`."""
