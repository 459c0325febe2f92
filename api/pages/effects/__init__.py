"""The effect of courses: all of them, and one by itself."""
