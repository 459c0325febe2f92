"""Files of HR's own shapes: recognised, asked about, learned of, and kept while they wait."""
