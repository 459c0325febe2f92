"""Where groups of people stand, and what of it may be shown."""
