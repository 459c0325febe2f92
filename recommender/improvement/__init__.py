"""Learns from the past what a module adds, and keeps the models that were learned."""
