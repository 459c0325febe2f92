"""Commands that write files for others: documents of a team, history and facts."""
