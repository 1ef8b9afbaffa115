"""What is wrong now, for whoever is on call and for monitors (contract 3.5). It only reads."""
