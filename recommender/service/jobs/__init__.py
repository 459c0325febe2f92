"""Long work: asked for, worked on in a process of its own, watched."""
