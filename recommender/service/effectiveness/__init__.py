"""Effectiveness of modules: what is imported for it, and what comes out."""
