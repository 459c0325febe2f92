"""What holds for every connection and request, whatever it asks."""
