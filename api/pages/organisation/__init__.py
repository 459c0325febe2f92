"""Where the units of the organisation stand."""
