"""Campaigns: plans for many people at once, reviewed and then published."""
