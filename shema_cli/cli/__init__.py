"""How a command is declared."""
