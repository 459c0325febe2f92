"""Cohorts: people planned together under shared seats and budget."""
