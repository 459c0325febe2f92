"""The effect model: what a module adds for a person at a level."""
