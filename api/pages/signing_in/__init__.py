"""Pages for signing in and out, one's own account, and the accounts of others."""
