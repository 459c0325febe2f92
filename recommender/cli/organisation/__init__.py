"""Commands about the organisation as a whole."""
