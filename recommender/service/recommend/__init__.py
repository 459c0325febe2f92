"""Which modules are worth a person's time."""
