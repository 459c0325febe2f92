"""Shapes of recommendations for many people."""
