"""Lists of who has a seat, to be signed."""
