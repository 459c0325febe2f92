"""Whether the service treats groups alike, and whether its model still holds.

Every question of the watch is a test against a tolerance: an alarm says that a difference is surely
larger than what is tolerated, and never merely that it is not nothing, which with 20,000 people
everything is.
"""
