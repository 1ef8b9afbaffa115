"""The eight services, a module each: the seed's server side in Python."""
