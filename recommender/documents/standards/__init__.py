"""The report on a proposed standard: evidence, method, what it would change, who approved."""
