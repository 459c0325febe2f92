"""The catalogue: its courses, what covers what, and one course by itself."""
