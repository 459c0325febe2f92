"""The rules between the cells of a row, between rows, and between a table and what is stored.

Rows are positions in the raw table; `kept` marks the rows that hold a record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from recommender.exchange.tables.faults import BadCell, FaultList
from recommender.exchange.tables.parsing import ParsedColumn
from recommender.exchange.tables.references import Spellings, unknown
from recommender.table_kinds import Known, TableKind

Columns = dict[str, ParsedColumn]


def check_rows(
    kind: TableKind, columns: Columns, kept: np.ndarray, known: Known, faults: FaultList
) -> None:
    """Check the rules of a kind of table that go beyond single cells.

    The subjects of exams are resolved and the dates of enrolments filled in here, in place,
    because both take more than one cell to read.
    """
    if check := _CHECKS.get(kind.name):
        check(columns, kept, known, faults)


def _combinations(
    columns: Columns, names: Iterable[str], kept: np.ndarray
) -> Iterable[tuple[tuple[Any, ...], np.ndarray]]:
    """Yield the different combinations of some columns' values, each with its rows."""
    # a rule is applied once per combination; there are few of them, even in a million rows
    chosen = [columns[name] for name in names]
    usable = kept.copy()
    combined = np.zeros(len(kept), dtype=np.int64)
    for column in chosen:
        usable &= column.is_good
        # at most three columns of at most 2,000,000 values: below 2**63
        combined = combined * len(column.distinct) + column.codes
    rows = np.flatnonzero(usable)
    codes, distinct = pd.factorize(combined[rows])
    # written backwards, so that the first row of each combination is what remains
    first = np.zeros(len(distinct), dtype=np.intp)
    first[codes[::-1]] = rows[::-1]
    # stable: the rows of a combination stay in the order of the file
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(distinct) + 1))
    for at, row in enumerate(first.tolist()):
        values = tuple(column.distinct[column.codes[row]] for column in chosen)
        yield values, rows[order[edges[at] : edges[at + 1]]]


def _add_pairs(
    columns: Columns,
    names: tuple[str, ...],
    kept: np.ndarray,
    faults: FaultList,
    judge: Callable[..., tuple[str, BadCell] | None],
) -> None:
    for values, rows in _combinations(columns, names, kept):
        if (verdict := judge(*values)) is not None:
            faults.add_rows(rows, verdict[0], verdict[1])


def _check_ratings(columns: Columns, kept: np.ndarray, known: Known, faults: FaultList) -> None:
    observable = set(known.indicators.values())

    def without_indicators(competency: str) -> tuple[str, BadCell] | None:
        if competency in observable:
            return None
        values = {"competency": competency}
        return "competency_id", BadCell("table.not_rated", "behavioural_competency", values)

    def of_another(competency: str, indicator: str) -> tuple[str, BadCell] | None:
        owner = known.indicators[indicator]
        # a competency that is never rated is reported by the check above
        if owner == competency or competency not in observable:
            return None
        values = {"competency": competency, "other_competency": owner}
        return "indicator_id", BadCell("table.indicator_of_another", "indicator_of", values)

    _add_pairs(columns, ("competency_id",), kept, faults, without_indicators)
    _add_pairs(columns, ("competency_id", "indicator_id"), kept, faults, of_another)


def _check_exams(columns: Columns, kept: np.ndarray, known: Known, faults: FaultList) -> None:
    levels: dict[str, list[str]] = {}
    for competency, level in sorted(known.subjects):
        levels.setdefault(competency, []).append(str(level))
    spellings = {exam: Spellings(subjects) for exam, subjects in known.subjects.items()}
    ids: dict[str, int] = {}
    resolved = np.full(len(kept), -1, dtype=np.intp)

    def without_exam(competency: str, level: float) -> tuple[str, BadCell] | None:
        if (competency, int(level)) in known.subjects:
            return None
        values = {"competency": competency, "level": f"{level:g}"}
        if competency not in levels:
            return "competency_id", BadCell("table.not_examined", "examined_competency", values)
        values["levels"] = ", ".join(levels[competency])
        return "exam_level", BadCell("table.no_exam", "exam_levels", values)

    _add_pairs(columns, ("competency_id", "exam_level"), kept, faults, without_exam)
    names = ("competency_id", "exam_level", "subject")
    for (competency, level, subject), rows in _combinations(columns, names, kept):
        exam = spellings.get((str(competency), int(level)))
        if exam is None:
            continue  # reported above
        id_ = exam.find(str(subject))
        if id_ is not None:
            resolved[rows] = ids.setdefault(id_, len(ids))
            continue
        subjects = ", ".join(sorted(set(known.subjects[str(competency), int(level)].values())))
        problem = unknown("subject", str(subject), exam.suggest(str(subject)))
        values = {**problem.values, "competency": str(competency), "level": f"{level:g}"}
        faults.add_rows(rows, "subject", problem._replace(values=values | {"subjects": subjects}))
    # the ids come before the old values, whose codes move up by as many
    old = columns["subject"]
    is_resolved = resolved >= 0
    columns["subject"] = ParsedColumn(
        old.column,
        np.where(is_resolved, resolved, len(ids) + old.codes),
        np.array([*ids, *old.distinct], dtype=object),
        np.concatenate([np.zeros(len(ids), dtype=bool), old.empty]),
        np.concatenate([np.zeros(len(ids), dtype=bool), old.bad]),
        {len(ids) + at: problem for at, problem in old.problems.items()},
    )


def _dates_in_order(
    columns: Columns, first: str, last: str, kept: np.ndarray, faults: FaultList
) -> None:
    def judge(earlier: dt.date, later: dt.date) -> tuple[str, BadCell] | None:
        if later >= earlier:
            return None
        values = {"first": earlier.isoformat(), "first_column": faults.label(first)}
        return last, BadCell("table.dates_reversed", "date_from", values)

    _add_pairs(columns, (first, last), kept, faults, judge)


def _check_records(columns: Columns, kept: np.ndarray, known: Known, faults: FaultList) -> None:
    _dates_in_order(columns, "before_on", "after_on", kept, faults)


def _check_offerings(columns: Columns, kept: np.ndarray, known: Known, faults: FaultList) -> None:
    if known.org_unit:
        of_others = BadCell("table.offering_of_others", "own_offering")
        _check_responsibility(
            columns, ("offering_id", "owner_unit"), of_others, kept, known, faults
        )
    _dates_in_order(columns, "starts_on", "ends_on", kept, faults)


def _check_enrolments(columns: Columns, kept: np.ndarray, known: Known, faults: FaultList) -> None:
    enrolled, completed = columns["enrolled_on"], columns["completed_on"]
    status = columns["status"]
    finished = np.array([value == "completed" for value in status.distinct], dtype=bool)
    is_finished = finished[status.codes] & status.is_good & kept
    undated = is_finished & completed.is_empty
    faults.add_rows(
        np.flatnonzero(undated), "completed_on", BadCell("table.completed_without_date", "date")
    )
    open_ = kept & status.is_good & ~is_finished & completed.is_good
    faults.add_rows(
        np.flatnonzero(open_),
        "status",
        BadCell("table.date_without_completed", "completed_status"),
    )
    dateless = kept & enrolled.is_empty & completed.is_empty & ~undated
    faults.add_rows(np.flatnonzero(dateless), "enrolled_on", BadCell("table.no_date", "date"))
    _dates_in_order(columns, "enrolled_on", "completed_on", kept, faults)
    # the day of enrolment is part of the key and cannot stay empty. Filled in after the check of
    # the two days, which would compare a day with itself
    size = len(enrolled.distinct)
    columns["enrolled_on"] = ParsedColumn(
        enrolled.column,
        np.where(enrolled.is_empty, size + completed.codes, enrolled.codes),
        np.concatenate([enrolled.distinct, completed.distinct]),
        np.concatenate([enrolled.empty, completed.empty]),
        np.concatenate([enrolled.bad, completed.bad]),
        enrolled.problems | {size + at: p for at, p in completed.problems.items()},
    )


def _check_modules(columns: Columns, kept: np.ndarray, known: Known, faults: FaultList) -> None:
    def rises(low: float, high: float) -> tuple[str, BadCell] | None:
        if high > low:
            return None
        return "to_level", BadCell("table.levels_reversed", "number_above", {"minimum": f"{low:g}"})

    _add_pairs(columns, ("from_level", "to_level"), kept, faults, rises)
    ids, needs = columns["module_id"], columns["prerequisites"]
    rows = np.flatnonzero(kept & ids.is_good & ~needs.is_bad)
    # an empty cell leaves the prerequisites of the catalogue as they are, and closes no circle
    imported = {
        module: (row, tuple(needed.split(";")))
        for row, module, needed in zip(
            rows.tolist(), ids.values[rows], needs.values[rows], strict=True
        )
        if needed
    }
    graph = {**known.prerequisites, **{module: needed for module, (_, needed) in imported.items()}}
    places = {module: row for module, (row, _) in imported.items()}
    _add_cycles(graph, places, "prerequisites", "table.prerequisite_cycle", faults)


def _check_people(columns: Columns, kept: np.ndarray, known: Known, faults: FaultList) -> None:
    if known.org_unit:
        of_others = BadCell("table.person_of_others", "own_person")
        _check_responsibility(columns, ("person_id", "org_unit"), of_others, kept, known, faults)
    _dates_in_order(columns, "hired_on", "left_on", kept, faults)
    ids, managers = columns["person_id"], columns["manager_id"]
    rows = np.flatnonzero(kept & ids.is_good & ~managers.is_bad)
    people = ids.values[rows].tolist()
    places = dict(zip(people, rows.tolist(), strict=True))
    # the stored managers as well: a circle may go through people who are not in the table
    graph = {person: (manager,) for person, manager in known.managers.items()}
    graph |= {
        person: (manager,) if manager else ()
        for person, manager in zip(people, managers.values[rows].tolist(), strict=True)
        if manager or known.clears  # else the manager who is stored stays
    }
    _add_cycles(graph, places, "manager_id", "table.manager_cycle", faults)


def _check_responsibility(
    columns: Columns,
    names: tuple[str, str],
    of_others: BadCell,
    kept: np.ndarray,
    known: Known,
    faults: FaultList,
) -> None:
    """Check that only what is of one unit is in the table, and goes nowhere else."""
    id_, unit = names

    def taken(name: str) -> tuple[str, BadCell] | None:
        return (id_, of_others) if name in known.others else None

    def elsewhere(text: str) -> tuple[str, BadCell] | None:
        path = "/".join(part.strip() for part in text.split("/") if part.strip())
        # with the slash: "East" is not above "Eastern"
        if f"{path}/".startswith(f"{known.org_unit}/"):
            return None
        return unit, BadCell("table.unit_of_others", "own_unit", {"unit": known.org_unit})

    _add_pairs(columns, (id_,), kept, faults, taken)
    _add_pairs(columns, (unit,), kept, faults, elsewhere)


def _add_cycles(
    graph: Mapping[str, tuple[str, ...]],
    places: Mapping[str, int],
    name: str,
    code: str,
    faults: FaultList,
) -> None:
    """Add one fault for each cycle that goes through the table, at its first row there."""
    problems: dict[int, BadCell] = {}
    for cycle in _find_cycles(graph, places):
        inside = [node for node in cycle if node in places]
        start = min(inside, key=places.__getitem__)
        at = cycle.index(start)
        path = [*cycle[at:], *cycle[:at], start]
        if len(path) > 8:
            path = [*path[:4], "…", *path[-3:]]
        problems.setdefault(places[start], BadCell(code, "no_cycle", {"cycle": " → ".join(path)}))
    faults.add_rows(np.array(sorted(problems), dtype=np.intp), name, lambda row: problems[row])


def _find_cycles(
    graph: Mapping[str, tuple[str, ...]], starts: Iterable[str]
) -> Iterable[list[str]]:
    """Walk a graph depth first; yield the cycle behind each edge that closes one."""
    # with a stack of its own: a chain of managers may be longer than Python's recursion allows
    done: set[str] = set()
    for start in starts:
        if start in done:
            continue
        path, at = [start], {start: 0}
        ahead = [iter(graph.get(start, ()))]
        while path:
            following = next(ahead[-1], None)
            if following is None:
                ahead.pop()
                node = path.pop()
                del at[node]
                done.add(node)
            elif following in at:
                yield path[at[following] :]
            elif following not in done:
                at[following] = len(path)
                path.append(following)
                ahead.append(iter(graph.get(following, ())))


_CHECKS = {
    "people": _check_people,
    "ratings": _check_ratings,
    "exams": _check_exams,
    "records": _check_records,
    "enrolments": _check_enrolments,
    "modules": _check_modules,
    "offerings": _check_offerings,
}
