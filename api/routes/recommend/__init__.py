"""What is worth the time of many people."""
