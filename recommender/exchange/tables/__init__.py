"""Tables that come in, and the workbooks that go out."""
