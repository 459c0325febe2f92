"""Commands beside the import itself: forms that go out, and imports that were done."""
