"""Plans for many people at once: asked for, watched, reviewed, published."""
