"""The development plan as PDF and as a page."""
