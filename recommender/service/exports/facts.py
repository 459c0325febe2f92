"""All facts as a folder of Parquet files, for a warehouse or a run elsewhere."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from pathlib import Path

import pandas as pd

from recommender.exchange.parquet.facts import branch_of, clear_facts, write_facts
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import read_offerings, read_satisfaction
from recommender.store.people.people import list_people
from recommender.store.people.stored_rows import read_stored_rows

_OF_PEOPLE = (
    "people",
    "ratings",
    "exams",
    "assessments",
    "enrolments",
    "records",
    "business-figures",
)
# bounds the memory: the rows of so many people are held at once
_PEOPLE_AT_ONCE = 5000


def export_facts(session: Session, folder: Path) -> dict[str, int]:
    """Write the people within the principal's scope, and what is known of them, by branch.

    Files of an earlier export are removed first. Of the offerings, those are written that have a
    free seat; what participants said of modules names nobody, and is written as a whole.

    Returns
    -------
    dict of str to int
        How many rows of each kind were written.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    session.need(Permission.READ_ASSESSMENTS)
    session.need(Permission.READ_HISTORY)
    counts: defaultdict[str, int] = defaultdict(int)
    clear_facts(folder)
    with session.reading() as connection:
        of_branch: defaultdict[str, list[str]] = defaultdict(list)
        for head in list_people(connection, session.who.scope, limit=None):
            of_branch[branch_of(head.org_unit)].append(head.person_id)
        for branch, person_ids in sorted(of_branch.items()):
            for start in range(0, len(person_ids), _PEOPLE_AT_ONCE):
                some = pd.DataFrame({"person_id": person_ids[start : start + _PEOPLE_AT_ONCE]})
                for kind in _OF_PEOPLE:
                    rows = read_stored_rows(connection, kind, ("person_id",), some)
                    number = start // _PEOPLE_AT_ONCE
                    counts[kind] += write_facts(folder, kind, rows, branch=branch, number=number)
            session.saw_people(connection, person_ids)
        offerings = read_offerings(connection, as_of=dt.date.min)
        counts["offerings"] = write_facts(folder, "offerings", offerings, branch=None)
        answers = read_satisfaction(connection, as_of=dt.date.max)
        counts["satisfaction"] = write_facts(folder, "satisfaction", answers, branch=None)
    return dict(counts)
