"""Made-up histories with known effects, and the closed loop."""
