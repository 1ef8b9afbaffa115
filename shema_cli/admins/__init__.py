"""Who is an admin: Firebase custom claims."""
