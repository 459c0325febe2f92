"""Pages about people: the list and the search box, a person, corrections, a team."""
