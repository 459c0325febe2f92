"""Plans: made, read, printed, and what becomes of them."""
