"""Development plans: made, read, edited, approved, put in force, closed."""
