"""Who rates whom in a round: by a rule, or as a table says."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import InputError
from recommender.exchange import read_table
from recommender.store import PersonHead
from recommender.table_kinds import RATER_TYPES, RATERS, Known

RULE = "self,manager,peer:3"
"""The rule unless told otherwise: the person, the manager and three colleagues of the team."""

_PART = re.compile(r"(self|manager|peer)(?::(\d{1,2}))?")
_PEERS = 3


@dataclass(frozen=True)
class Assignment:
    """Somebody who rates somebody."""

    person_id: str
    rater_type: str
    rater_id: str
    rater_name: str


def assign_by_rule(
    rule: str, people: Sequence[PersonHead], colleagues: Mapping[str, PersonHead]
) -> list[Assignment]:
    """Find the raters of people by a rule such as `RULE`.

    Peers report to the same manager. They are the next ones in the order of staff numbers, so
    that everybody of a team rates about as many colleagues.

    Parameters
    ----------
    rule : str
        ``self``, ``manager`` and ``peer:N`` with commas between; Chinese words are understood.
    people : sequence of PersonHead
        Who is rated.
    colleagues : mapping of str to PersonHead
        Everybody who may rate, by id.

    Raises
    ------
    InputError
        If it is no such rule.
    """
    numbers = _read_rule(rule)
    teams: dict[str, list[str]] = {}
    for person in sorted(colleagues):
        if manager := colleagues[person].manager_id:
            teams.setdefault(manager, []).append(person)
    assignments: list[Assignment] = []
    for person in people:
        me, manager = person.person_id, person.manager_id
        raters = [("self", me)] if "self" in numbers else []
        if "manager" in numbers and manager in colleagues:
            raters.append(("manager", str(manager)))
        team = teams.get(manager or "", [])
        if me in team:
            at = team.index(me)
            peers = [*team[at + 1 :], *team[:at]][: numbers.get("peer", 0)]
            raters += [("peer", peer) for peer in peers]
        assignments += [
            Assignment(me, kind, rater, colleagues[rater].name if rater in colleagues else rater)
            for kind, rater in raters
        ]
    return assignments


def _read_rule(rule: str) -> dict[str, int]:
    words = {word: kind for kind, spellings in RATER_TYPES.items() for word in spellings}
    numbers: dict[str, int] = {}
    for part in re.split(r"[,，、+]", rule):
        word, colon, number = part.strip().replace("：", ":").partition(":")
        matched = _PART.fullmatch(words.get(word, word) + colon + number)
        if matched is None:
            raise InputError("form.rule", rule=rule, example=RULE)
        numbers[matched[1]] = int(matched[2] or _PEERS)
    return numbers


def read_assignments(
    path: Path,
    known: Known,
    names: Mapping[str, str],
    *,
    latest: dt.date,
) -> list[Assignment]:
    """Read who rates whom from a table; `names` are those of the people who are stored.

    Raises
    ------
    TableFaultsError
        With every bad row.
    InputError
        If the file as a whole cannot be read.
    """
    frame = read_table(path, RATERS, known, latest=latest)
    columns = ("person_id", "rater_type", "rater_id", "rater_name")
    return [
        Assignment(person, kind, rater, name or names.get(rater, rater))
        for person, kind, rater, name in zip(*(frame[c] for c in columns), strict=True)
    ]
