"""Imports: files of others, taken in; and the forms that go out to be filled in."""
