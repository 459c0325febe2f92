"""People, what is recorded about them, and the tables it comes in."""
