"""From a file to sheets of raw cells: the one place where files from users are opened."""
