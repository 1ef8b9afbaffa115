"""`shema users`: look a user up, in the cache that the auth service shares, else at the user service."""
