"""The improvement history and the effect models."""
