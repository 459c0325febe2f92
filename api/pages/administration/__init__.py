"""What administrators and auditors work with: keys, the audit trail, privacy requests."""
