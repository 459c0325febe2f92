"""Lists with one fact a row whose headers are not quite ours, such as an LMS writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from recommender.exchange.recognition.answers.mapping import Option
from recommender.exchange.recognition.cells import Cells, factorize, objects
from recommender.exchange.recognition.kinds.attendance import find_course
from recommender.exchange.recognition.kinds.questionnaire import (
    read_raters,
    read_ratings,
    read_relations,
)
from recommender.exchange.recognition.kinds.scores import ask_exam_level, read_exam_levels
from recommender.exchange.recognition.kinds.statements import SHEET
from recommender.exchange.recognition.layout import is_blank
from recommender.exchange.recognition.levels import ask_date, ask_method, read_levels
from recommender.exchange.recognition.people import find_people
from recommender.exchange.recognition.reading import Reading, finish
from recommender.exchange.recognition.vocabulary import bare
from recommender.exchange.recognition.wide import says_nothing
from recommender.exchange.recognition.words import (
    ABSENT,
    ASSESSMENTS,
    ENROLMENTS,
    NOT_COMPLETED,
    RATINGS,
    SCORES,
    STATUSES,
)
from recommender.exchange.recognition.work import Work
from recommender.table_kinds import ENROLMENT_STATUSES

_PROGRESS = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)\s*[%％]")
_NOT_COMPLETED = frozenset(map(bare, NOT_COMPLETED))


def _has_people(roles: Mapping[str, int]) -> bool:
    return bool(roles.keys() & {"person_id", "name"})


def _begin(work: Work, roles: Mapping[str, int], *used: str) -> tuple[Cells, np.ndarray]:
    """Find the people of each row, and note which columns the roles `used` are read from."""
    work.layout = work.layout.with_rows([roles[r] for r in ("person_id", "name") if r in roles])
    people = find_people(work, roles)
    for role in used:
        if role in roles:
            work.use(roles[role], role)
    return people


def fits_assessments(work: Work) -> bool:
    """Say whether a file lists levels: a person, a competency and a level in each row."""
    roles = work.assign(ASSESSMENTS)
    return _has_people(roles) and {"competency_id", "level"} <= roles.keys()


def read_assessments(work: Work) -> Reading:
    """Read a list of levels as assessments."""
    roles = work.assign(ASSESSMENTS)
    people, wanted = _begin(
        work, roles, "competency_id", "level", "standard_error", "method", "assessed_on"
    )
    competencies = work.lookup(
        work.cells(roles["competency_id"]), work.words.competencies, "competency_id"
    )
    levels, assessed = read_levels(work, work.cells(roles["level"]), people, competencies)
    cells = {
        "person_id": people,
        "competency_id": competencies,
        "level": levels,
        "method": work.cells(roles["method"])
        if "method" in roles
        else work.given(ask_method(work)),
        "assessed_on": _days(work, roles, "assessed_on"),
    }
    if "standard_error" in roles:
        cells["standard_error"] = work.cells(roles["standard_error"])
    # in a list an empty level is a gap, and a fault; only a word says "not assessed"
    given = work.layout.column(roles["level"])
    assessed |= np.array([is_blank(cell) for cell in given], dtype=bool)
    rows = np.flatnonzero(wanted & assessed)
    return finish(work, "assessments", "levels", _take(cells, rows), rows)


def fits_exams(work: Work) -> bool:
    """Say whether a file lists scores: a person, a subject and a score in each row."""
    roles = work.assign(SCORES)
    return _has_people(roles) and {"subject", "score"} <= roles.keys()


def read_exams(work: Work) -> Reading:
    """Read a list of scores as exam results."""
    roles = work.assign(SCORES)
    people, wanted = _begin(
        work, roles, "competency_id", "exam_level", "subject", "score", "sat_on"
    )
    subjects = work.cells(roles["subject"])
    owners = [sorted({c for c, _, _ in work.words.subject(str(cell))}) for cell in subjects.raw]
    if "competency_id" in roles:
        competencies = work.lookup(
            work.cells(roles["competency_id"]), work.words.competencies, "competency_id"
        )
        named = sorted({str(cell) for cell in competencies.raw})
    else:
        owner = objects(names[0] if len(names) == 1 else "" for names in owners)
        competencies = Cells(subjects.codes, owner, subjects.positions)
        named = sorted({name for names in owners for name in names if len(names) == 1})
    levels = (
        read_exam_levels(work, work.cells(roles["exam_level"]))
        if "exam_level" in roles
        else work.given(ask_exam_level(work, named))
    )
    scores = work.cells(roles["score"])
    sat = np.array([not says_nothing(cell, ABSENT) for cell in scores.raw], dtype=bool)
    cells = {
        "person_id": people,
        "competency_id": competencies,
        "exam_level": levels,
        "subject": subjects,
        "score": scores,
        "sat_on": _days(work, roles, "sat_on"),
    }
    rows = np.flatnonzero(wanted & sat[scores.codes])
    return finish(work, "exams", "score_list", _take(cells, rows), rows)


def fits_ratings(work: Work) -> bool:
    """Say whether a file lists ratings: somebody, an indicator and a rating in each row."""
    roles = work.assign(RATINGS)
    return _has_people(roles) and {"indicator_id", "rating", "rater_type"} <= roles.keys()


def read_rating_list(work: Work) -> Reading:
    """Read a list of ratings of single indicators."""
    roles = work.assign(RATINGS)
    people, wanted = _begin(work, roles, "indicator_id", "rating", "rater_type", "rated_on")
    if "competency_id" in roles:
        # which competency it is follows from the indicator
        work.use(roles["competency_id"], ignored="by_indicator")
    words = work.words
    indicators = work.translate(
        work.cells(roles["indicator_id"]),
        "indicator_id",
        words.indicator,
        words.indicators.options(),
        words.indicators.likely,
    )
    owners = objects(words.indicator_of.get(str(cell), "") for cell in indicators.raw)
    types = read_relations(work, roles["rater_type"])
    raters = read_raters(work, roles, people, types)
    ratings = read_ratings(work, work.cells(roles["rating"]))
    cells = {
        "person_id": people,
        "competency_id": Cells(indicators.codes, owners, indicators.positions),
        "indicator_id": indicators,
        "rater_type": types,
        "rater_id": raters,
        "rating": ratings,
        "rated_on": _days(work, roles, "rated_on"),
    }
    observed = np.array([cell != "" for cell in ratings.raw], dtype=bool)[ratings.codes]
    rows = np.flatnonzero(wanted & observed)
    return finish(work, "ratings", "rating_list", _take(cells, rows), rows)


def fits_enrolments(work: Work) -> bool:
    """Say whether a file says who completed a course: by a status, or the day of completion."""
    roles = work.assign(ENROLMENTS)
    return _has_people(roles) and bool(roles.keys() & {"status", "completed_on"})


def read_enrolments(work: Work) -> Reading:
    """Read a list of completions, such as an LMS exports it, as enrolments."""
    roles = work.assign(ENROLMENTS)
    people, wanted = _begin(
        work, roles, "module_id", "offering_id", "status", "enrolled_on", "completed_on"
    )
    modules = (
        work.lookup(work.cells(roles["module_id"]), work.words.modules, "module_id")
        if "module_id" in roles
        else find_course(work)
    )
    if "completed_on" in roles:
        completed = work.days(work.cells(roles["completed_on"]))
        statuses = _statuses(work, roles, completed.values())
    else:
        # a list of who is enrolled has no day of completion, and needs none
        statuses = _statuses(work, roles, np.empty(0, dtype=object))
        finished = any(status == "completed" for status in statuses)
        completed = ask_date(work, "completed_on") if finished else work.given("")
    days = completed.values()
    undone = sum(status == "" for status in statuses)
    if undone:
        work.note("not_completed", count=undone)
    blank = np.array([s in ("completed", "") for s in statuses], dtype=bool)
    # the day is that of a completion; for anything else it says when somebody was enrolled
    cells = {
        "person_id": people,
        "module_id": modules,
        "status": Cells(*factorize(objects(statuses)), roles.get("status", -1)),
        "completed_on": Cells(
            *factorize(objects(d if b else "" for d, b in zip(days, blank, strict=True))),
            completed.positions,
        ),
    }
    if "enrolled_on" in roles:
        cells["enrolled_on"] = work.days(work.cells(roles["enrolled_on"]))
    else:
        cells["enrolled_on"] = Cells(
            *factorize(objects("" if b else d for d, b in zip(days, blank, strict=True))),
            completed.positions,
        )
    if "offering_id" in roles:
        cells["offering_id"] = work.cells(roles["offering_id"])
    rows = np.flatnonzero(wanted & np.array([status != "" for status in statuses], dtype=bool))
    form = "statements" if work.layout.sheet.name == SHEET else "completions"
    return finish(work, "enrolments", form, _take(cells, rows), rows)


def _statuses(work: Work, roles: Mapping[str, int], days: np.ndarray) -> list[object]:
    """Return the status of each row; empty where somebody has not completed the course."""
    if "status" not in roles:
        return ["" if is_blank(day) or _says_not(day) else "completed" for day in days]
    known = {bare(s): status for status, words in STATUSES.items() for s in words}

    def read(text: str) -> str | None:
        if match := _PROGRESS.fullmatch(text.strip()):
            return "completed" if float(match[1]) >= 100 else ""
        return "" if _says_not(text) else known.get(bare(text))

    options = [Option(status, words[0]) for status, words in ENROLMENT_STATUSES.items()]
    cells = work.translate(work.cells(roles["status"]), "status", read, options)
    return list(cells.values())


def _says_not(cell: object) -> bool:
    return isinstance(cell, str) and (bare(cell) in _NOT_COMPLETED or cell.strip() in ("-", "/"))


def _days(work: Work, roles: Mapping[str, int], role: str) -> Cells:
    return work.days(work.cells(roles[role])) if role in roles else ask_date(work, role)


def _take(cells: dict[str, Cells], rows: np.ndarray) -> dict[str, Cells]:
    return {name: column.take(rows) for name, column in cells.items()}
