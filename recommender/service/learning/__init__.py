"""What modules add, learned from the history: records, training, promotion."""
