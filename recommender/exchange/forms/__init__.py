"""Forms that go out, are filled in and come back: ratings, exam scores, attendance.

A sheet of a form says in hidden cells what it is about, so that it is read without being mapped.
"""
