"""Plans as Word documents: printed, their template, and what comes back in them."""
