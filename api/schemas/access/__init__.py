"""Shapes of keys and of the audit trail."""
