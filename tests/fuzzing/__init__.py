"""Random requests to the whole API, as each role, on each database (`make fuzz`)."""
