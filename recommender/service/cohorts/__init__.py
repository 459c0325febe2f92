"""Cohorts: people who are planned together, under shared seats and money."""
