"""What people take along: workbooks, plans of many people as files, calendars."""
