"""Personal data: finding it, erasing it, and deleting it when its time is over."""
