"""The effect of modules as pages, commands and documents show it."""
