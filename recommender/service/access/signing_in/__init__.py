"""Signing in with a browser: accounts and their passwords, sessions, one-time links."""
