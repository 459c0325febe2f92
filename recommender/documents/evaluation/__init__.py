"""The report on an effect model."""
