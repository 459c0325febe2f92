"""What becomes of the service when things break: kills, databases gone, full disks, clocks."""
