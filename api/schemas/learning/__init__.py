"""Shapes of the improvement history and of effect models."""
