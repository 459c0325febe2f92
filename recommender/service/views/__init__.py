"""What one page shows of several domains, read at once."""
