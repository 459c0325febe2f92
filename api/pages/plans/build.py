"""A plan in the making: limits, wishes, another grade, and at once what would come of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.admission import Call
from api.pages.plans import view
from api.pages.plans.show import open_top
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.schemas.common import Id, PersonId
from recommender.documents.figures import day
from recommender.errors import ConflictError, InputError
from recommender.service.people.people import read_person
from recommender.service.permissions import Permission
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.keeping import PlanDraft
from recommender.service.plans.drafts.one import create_plan, simulate_plan
from recommender.service.plans.learning_path import is_for_grade

PAGES = Pages()

_Modules = Annotated[list[Id], Field(max_length=200)]


class Wishes(BaseModel):
    """What the form of a new plan has; the upper end of a slider means that there is no limit."""

    model_config = ConfigDict(extra="ignore")

    hours: Annotated[float | None, Field(ge=0, le=100_000, allow_inf_nan=False)] = None
    cost: Annotated[float | None, Field(ge=0, le=100_000_000, allow_inf_nan=False)] = None
    hours_top: Annotated[float | None, Field(ge=0, le=100_000, allow_inf_nan=False)] = None
    cost_top: Annotated[float | None, Field(ge=0, le=100_000_000, allow_inf_nan=False)] = None
    grade: Annotated[str, Field(max_length=80)] = ""
    path: Annotated[str, Field(max_length=80)] = ""
    shortest: bool = False
    must: _Modules = []
    without: _Modules = []

    def to_request(self) -> PlanRequest:
        """Return it as the use cases take it."""
        cost = open_top(self.cost, self.cost_top)
        return PlanRequest(
            # not sent at all: the catalogue's own bound
            hours_budget=None if self.hours is None else open_top(self.hours, self.hours_top),
            cost_budget=None if cost == float("inf") else cost,
            must=tuple(self.must),
            without=tuple(name for name in self.without if name not in self.must),
            path=self.path or None,
            target_grade=self.grade or None,
            shortest=self.shortest,
        )


Asked = Annotated[Wishes, Query()]
Sent = Annotated[Wishes, Form()]


@PAGES.page("GET", "/people/{person_id}/plan", Permission.WRITE_PLANS, solves=True)
def show_new_plan(call: Visited, person_id: PersonId, wishes: Asked) -> Response:
    """Show what a person's plan would be, and what can be asked of it."""
    return _page(call, person_id, wishes)


@PAGES.page("GET", "/people/{person_id}/plan/answer", Permission.READ_RECOMMENDATIONS, solves=True)
def answer_new_plan(call: Visited, person_id: PersonId, wishes: Asked) -> Response:
    """Say what the plan would be under the limits and wishes of the form; a fragment."""
    return render(call, "plans/_answer.html.j2", **_answer(call, person_id, wishes))


@PAGES.page("POST", "/people/{person_id}/plan", Permission.WRITE_PLANS, solves=True)
def keep_new_plan(call: Visited, person_id: PersonId, wishes: Sent) -> Response:
    """Make the plan and keep it as a draft."""
    try:
        stored = create_plan(call.session, person_id, wishes.to_request(), as_of=call.session.today)
    except (InputError, ConflictError) as error:
        problem = view.explain_problem(call, error)
        return _page(call, person_id, wishes, problem=problem, draft_id=error.values.get("plan_id"))
    return see_other(call, f"/plans/{stored.plan.plan_id}", said="console.plan.said.created")


def _page(
    call: Call,
    person_id: str,
    wishes: Wishes,
    *,
    problem: tuple[str, str] | None = None,
    draft_id: object = None,
) -> Response:
    names = view.Names(call)
    person = read_person(call.session, person_id)
    answer = _answer(call, person_id, wishes)
    settings = names.catalog.settings
    hours = settings.plan_hours_budget if wishes.hours is None else wishes.hours
    return render(
        call,
        "plans/build.html.j2",
        status=200 if problem is None else 409,
        person=person,
        slider=view.sliders(
            _as_limit(hours, wishes.hours_top), _as_limit(wishes.cost, wishes.cost_top)
        ),
        grades=[
            (grade.id, names.grade(grade.id))
            for grade in names.catalog.grades
            if grade.id != person.grade
        ],
        paths=[
            (path.id, path.name.in_language(call.lang))
            for path in names.catalog.paths
            if is_for_grade(path, person.grade)
        ],
        problem=problem,
        draft_id=draft_id,
        **answer,
    )


def _as_limit(value: float | None, top: float | None) -> float | None:
    return None if value is None or (top is not None and value >= top) else value


def _answer(call: Call, person_id: str, wishes: Wishes) -> dict[str, Any]:
    """Return what the fragment with the answer shows."""
    draft: PlanDraft | None = None
    refused: tuple[str, str] | None = None
    try:
        draft = simulate_plan(
            call.session, person_id, wishes.to_request(), as_of=call.session.today
        )
    except (InputError, ConflictError) as error:
        refused = view.explain_problem(call, error)
    whole = 0.0 if draft is None else sum(each.priority or 0.0 for each in draft.gaps.competencies)
    return {
        "person_id": person_id,
        "wishes": wishes,
        "draft": draft,
        "refused": refused,
        "share": None if draft is None else view.share_closed(draft.plan, whole),
        "further": None if draft is None else view.next_step(draft.plan),
        "names": view.Names(call),
        "when": lambda item: view.when(item, call.lang, day),
        "view": view,
    }
