"""The standards of the grades by version, and what is proposed; a new proposal."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import Form, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.admission import Call
from api.pages.plans.view import Names, explain_problem
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    RecommenderError,
)
from recommender.service.framework import latest_profiles
from recommender.service.permissions import Permission
from recommender.service.standards.pasted import parse_numbers
from recommender.service.standards.proposing import (
    METHODS,
    HandTarget,
    Method,
    ProposalRequest,
    propose_standard,
)
from recommender.service.standards.reading import list_proposals, list_versions
from recommender.texts import say
from training_catalog import TargetProfile

PAGES = Pages()

_SHOWN = 50
_LEVEL = "level-"
_NOTE = "note-"


class Wanted(BaseModel):
    """What the form of a new proposal has, beside a level and a note for each competency."""

    model_config = ConfigDict(extra="allow")

    grade: Annotated[str, Field(max_length=80)] = ""
    method: Method = "by-hand"
    effective_on: Annotated[str, Field(max_length=10)] = ""
    rationale: Annotated[str, Field(max_length=2000)] = ""
    performers: Annotated[str, Field(max_length=40_000)] = ""

    def given(self, prefix: str) -> dict[str, str]:
        """Return what was written in the fields of a kind, by competency."""
        return {
            name.removeprefix(prefix): str(value).strip()
            for name, value in (self.model_extra or {}).items()
            if name.startswith(prefix)
        }

    def to_request(self, profile: TargetProfile) -> ProposalRequest:
        """Return what is proposed.

        Raises
        ------
        InputError
            If there is no day, or a level is no number.
        """
        try:
            day = dt.date.fromisoformat(self.effective_on)
        except ValueError:
            raise InputError("standard.no-day", field="#/effective_on") from None
        notes = self.given(_NOTE)
        targets: dict[str, HandTarget] = {}
        for name, text in self.given(_LEVEL).items() if self.method == "by-hand" else ():
            try:
                level = float(text)
            except ValueError:
                raise InputError(
                    "standard.no-level", competency_id=name, field=f"#/{_LEVEL}{name}"
                ) from None
            # what stays as it is needs no word
            if name not in profile.targets or level != profile.targets[name].level:
                targets[name] = HandTarget(level, note=notes.get(name, "")[:400])
        performers = parse_numbers(self.performers)
        return ProposalRequest(
            grade=self.grade,
            effective_on=day,
            method=self.method,
            rationale=self.rationale,
            targets=targets,
            performers=performers if self.method == "median-of-performers" else (),
        )


@PAGES.page("GET", "/standards", Permission.READ_STATISTICS)
def show_standards(call: Visited) -> Response:
    """Show which standard each grade has, had and will have, and what is proposed."""
    with call.session.reading():
        versions = list_versions(call.session)
        proposals = list_proposals(call.session, limit=_SHOWN)
    return render(
        call,
        "standards/list.html.j2",
        grades=[
            (grade.id, [each for each in versions if each.grade == grade.id])
            for grade in Names(call).catalog.grades
        ],
        proposals=proposals,
        waiting=sum(each.status == "submitted" for each in proposals),
        names=Names(call),
        may_propose=_may_propose(call),
    )


@PAGES.page("GET", "/standards/new", Permission.WRITE_STANDARDS)
def show_new_standard(
    call: Visited,
    grade: Annotated[str, Query(max_length=80)] = "",
    method: Method = "by-hand",
) -> Response:
    """Show the targets of a grade, to propose others."""
    # HR of a unit gets here by address only, and is told at once
    error = None if _may_propose(call) else ForbiddenError("standard.whole-organisation")
    return _form(call, Wanted(grade=grade, method=method), error)


@PAGES.page("POST", "/standards", Permission.WRITE_STANDARDS)
def keep_new_standard(call: Visited, wanted: Annotated[Wanted, Form()]) -> Response:
    """Keep a proposal as a draft."""
    profiles = latest_profiles(call.session.service.framework.catalog, call.session.today)
    if wanted.grade not in profiles:
        return _form(call, wanted, NotFoundError("catalogue.no-grade", grade=wanted.grade))
    try:
        made = propose_standard(call.session, wanted.to_request(profiles[wanted.grade]))
    except (InputError, ConflictError, NotFoundError) as error:
        return _form(call, wanted, error)
    place = f"/standards/{made.stored.proposal_id}"
    return see_other(call, place, said="console.standards.said_kept")


def _form(call: Call, wanted: Wanted, error: RecommenderError | None = None) -> Response:
    names = Names(call)
    profiles = latest_profiles(names.catalog, call.session.today)
    grades = [grade.id for grade in names.catalog.grades if grade.id in profiles]
    if wanted.grade not in grades:
        wanted = wanted.model_copy(update={"grade": grades[0]})
    profile = profiles[wanted.grade]
    levels, notes = wanted.given(_LEVEL), wanted.given(_NOTE)
    return render(
        call,
        "standards/new.html.j2",
        status=200 if error is None else 409 if isinstance(error, ConflictError) else 422,
        wanted=wanted,
        grades=[(grade, names.grade(grade)) for grade in grades],
        methods=[(each, say(f"standards.method.{each}", call.lang)) for each in METHODS],
        rows=[
            (name, target.level, levels.get(name, f"{target.level:g}"), notes.get(name, ""))
            for name, target in profile.targets.items()
        ],
        earliest=call.session.today + dt.timedelta(days=1),
        names=names,
        problem=None if error is None else explain_problem(call, error),
        wrong="" if error is None else str(error.values.get("field", "")).rpartition("/")[2],
    )


def _may_propose(call: Call) -> bool:
    who = call.session.who
    return Permission.WRITE_STANDARDS in who.permissions and who.scope.everyone
