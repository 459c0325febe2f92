"""A made-up organisation and how it fills an empty installation: for the demo and the tests."""
