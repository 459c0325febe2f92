"""The kinds of files that are recognised, a file for each."""
