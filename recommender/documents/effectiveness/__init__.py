"""The page on what a module changed, for paper."""
