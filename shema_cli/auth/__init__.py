"""Who is signed in, and whether they are an admin (contract 2.4)."""
