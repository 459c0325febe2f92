"""Tokens of an identity provider, and the keys they are signed with."""
