"""Where a person stands, and how each level came about."""
