"""Standards of the grades: their versions, proposals, what those would change, approvals."""
