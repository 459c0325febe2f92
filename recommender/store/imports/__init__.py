"""Imports that were done: which they were, what they changed, and taking them back."""
