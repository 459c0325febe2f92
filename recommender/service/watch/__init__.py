"""Fairness between groups, and drift of the model in force."""
