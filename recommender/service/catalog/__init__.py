"""The catalogue as it is asked for, and the offerings of its modules."""
