"""API keys, answers kept for repeated requests, the audit trail."""
