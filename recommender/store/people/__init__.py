"""People, facts about them, offerings and enrolments as rows."""
