"""Keys, the audit trail, and who is asking."""
