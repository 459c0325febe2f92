"""The ends of quarters, and which earlier ones a table is compared with."""

import datetime as dt

from recommender.service.groups.quarters import find_quarter_end, list_quarters_before

DAY = dt.timedelta(days=1)


def test_the_last_end_of_a_quarter():
    for day, end in [
        ("2026-11-01", "2026-09-30"),
        ("2026-09-30", "2026-09-30"),
        ("2026-09-29", "2026-06-30"),
        ("2026-12-31", "2026-12-31"),
        ("2027-01-01", "2026-12-31"),
        ("2026-03-30", "2025-12-31"),
    ]:
        assert find_quarter_end(dt.date.fromisoformat(day)) == dt.date.fromisoformat(end)


def test_earlier_quarters_whose_levels_may_still_count(library):
    """Exams count for two years here, so the ends of eight quarters."""
    settings = library.framework.catalog.settings
    assert (settings.assessment_validity_months, settings.exam_validity_months) == (18, 24)
    found = list_quarters_before(library.framework, dt.date(2026, 9, 30))
    assert (len(found), found[0], found[-1]) == (8, dt.date(2026, 6, 30), dt.date(2024, 9, 30))


def test_none_before_the_first_profiles(library):
    """Targets of the tiny framework begin with 2024; nobody can have asked for a day before."""
    found = list_quarters_before(library.framework, dt.date(2024, 9, 30))
    assert found == [dt.date(2024, 6, 30), dt.date(2024, 3, 31)]
