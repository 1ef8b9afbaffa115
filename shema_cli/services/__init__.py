"""`shema services`: instances and their health, looked at and registered; calls to them stand in `calls/`."""
