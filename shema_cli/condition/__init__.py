"""How the system is: what was seen of it, and what of that is wrong. Pure; `status`, `check` and `dashboard` look."""
