"""Commands that write files for others: documents of a team, history, facts and results."""
