"""Whether a module works: reaction, learning, behaviour, result, and what it returns."""
