"""Seats given to many people at once: asked for, compared, published, replanned."""
