"""Forms that go out: who is asked what, and the sheets of exams and courses."""
