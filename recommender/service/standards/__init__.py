"""Standard levels: evidence, proposals, approval by two, and the day they take effect."""
