"""Effect models: which there are, how good each is, and which one is in force."""
