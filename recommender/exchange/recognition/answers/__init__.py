"""Questions about a file and their answers: as data, as files, and in words."""
