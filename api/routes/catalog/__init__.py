"""The catalogue and its offerings."""
