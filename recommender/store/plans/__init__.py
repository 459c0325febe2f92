"""Plans, their versions, and what was said of them."""
