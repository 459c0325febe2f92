"""Studies of the effect model on simulated histories; run with `python -m tests.studies`."""
