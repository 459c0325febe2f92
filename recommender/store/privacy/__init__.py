"""What names a person, and how it is found, erased and retired."""
