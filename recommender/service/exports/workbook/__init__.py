"""The workbook of a team: a summary, what is to be taken and what it costs, a sheet a person."""
