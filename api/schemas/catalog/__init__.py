"""Shapes of the catalogue and its offerings."""
