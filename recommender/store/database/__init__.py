"""Connections, schema upgrades, backup and restore."""
