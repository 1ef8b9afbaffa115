"""HTTP: the one way out, with its attempts, instances and circuits."""
