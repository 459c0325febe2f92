"""A made-up organisation of any size, with levels imported as such; written straight to tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from recommender.service.installation import Service
from recommender.store import schema, write_kind, write_people, writing

_PER_TEAM = 200
_AT_ONCE = 10_000
_SPREAD_DAYS = 500


def add_people(service: Service, count: int, *, as_of: dt.date, seed: int = 2) -> None:
    """Store people with an assessment of nearly every competency, in teams of 200.

    Ten teams make a city and ten cities a province. Assessments are spread over the time before a
    day in which they are valid.
    """
    rng = np.random.default_rng(seed)
    with writing(service.engine) as connection:
        for start in range(0, count, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, count))
            people = pd.DataFrame(_rows(service, numbers))
            write_people(connection, people)
            for name in service.framework.competency_ids:
                some = people["person_id"][rng.uniform(size=len(people)) < 0.9]
                ago = rng.integers(1, _SPREAD_DAYS, len(some)).astype("timedelta64[D]")
                rows = pd.DataFrame(
                    {
                        "person_id": some,
                        "competency_id": name,
                        "assessed_on": pd.Series(
                            list((np.datetime64(as_of) - ago).tolist()), index=some.index
                        ),
                        "level": rng.uniform(0, 4, len(some)).round(1),
                        "method": "made up",
                    }
                )
                key = ["person_id", "competency_id", "assessed_on"]
                write_kind(connection, schema.assessment, key, rows)


def _rows(service: Service, numbers: Sequence[int]) -> Iterator[dict[str, object]]:
    grades = service.framework.grade_ids
    for number in numbers:
        team = number // _PER_TEAM
        yield {
            "person_id": f"many-{number:06}",
            "name": f"合成人员{number}",
            "org_unit": f"合成省{team // 100}/合成市{team // 10 % 10}/合成班组{team % 10}",
            "grade": grades[number % len(grades)],
            "manager_id": None if number % _PER_TEAM == 0 else f"many-{team * _PER_TEAM:06}",
            "hired_on": dt.date(2020, 1, 1),
            "left_on": None,
            "synthetic": "yes",
        }
