"""`shema tokens`: service tokens issued and verified by hand; what they are stands in `calls/tokens.py`."""
