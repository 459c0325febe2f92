"""People, facts about them, enrolments."""
