"""API keys, the audit trail, and its writer."""
