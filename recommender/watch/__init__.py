"""Whether what the service says is fair, and still fits the world its model was learned in."""
