"""Shapes of people, facts and enrolments."""
