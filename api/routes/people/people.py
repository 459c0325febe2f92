"""People and org units."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Response

from api.admission import Admitted, Call
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.schemas.common import Id, Line, PersonId, Strict, UnitPath
from api.schemas.people.people import (
    OrgUnitOut,
    OrgUnitPage,
    PeoplePage,
    PersonChange,
    PersonIn,
    PersonOut,
)
from recommender.service.people import people
from recommender.service.people.people import PeopleFilter, PersonHead
from recommender.service.permissions import Permission

ROUTES = Operations("people")


def _answer(
    call: Call, person: PersonHead, *, status: int = 200, fields: str | None = None
) -> Response:
    place = f"/v1/people/{quote(person.person_id, safe='')}" if status == 201 else None
    return answer(
        call,
        PersonOut.model_validate(person),
        status=status,
        version=person.version,
        fields=fields,
        location=place,
    )


@ROUTES.operation(
    "GET",
    "/people",
    Permission.READ_PEOPLE,
    answer=PeoplePage,
    example={"org_unit": "南区示例分公司", "grade": "g2", "limit": 5},
)
def list_people(
    call: Admitted,
    org_unit: Annotated[
        UnitPath | None, Query(description="Of the unit of this path or one below it.")
    ] = None,
    grade: Annotated[Id | None, Query(description="Of this grade.")] = None,
    manager_id: Annotated[Id | None, Query(description="Who report to this person.")] = None,
    q: Annotated[
        Line | None, Query(description="With this in the staff number or the name.")
    ] = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List people.

    Employees see themselves, managers also those who report to them, HR the people of its unit.
    """
    (last,) = decode_cursor(cursor, ("",))
    wanted = PeopleFilter(org_unit=org_unit, grade=grade, manager_id=manager_id, text=q)
    rows = people.list_people(call.session, wanted, after=last, limit=limit + 1)
    items, following = next_cursor(rows, limit, lambda person: (person.person_id,))
    page = PeoplePage(items=[PersonOut.model_validate(person) for person in items], next=following)
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "POST",
    "/people",
    Permission.WRITE_PEOPLE,
    answer=PersonOut,
    status=201,
    conflict=True,
    example={},
    body_example={
        "person_id": "00901",
        "name": "欧阳静",
        "org_unit": "南区示例分公司/政企客户部/党政客户部",
        "grade": "g1",
        "manager_id": "00008",
        "hired_on": "2026-09-01",
    },
)
def create_person(call: Admitted, body: Strict[PersonIn]) -> Response:
    """Add a person.

    Checked as the import of people is: HR adds people to its own unit and those below it.
    """
    values = body.model_dump()
    with call.once():
        person = people.create_person(call.session, values)
        return _answer(call, person, status=201)


@ROUTES.operation(
    "GET",
    "/people/{person_id}",
    Permission.READ_PEOPLE,
    answer=PersonOut,
    absent=True,
    example={"person_id": "00901"},
)
def read_person(call: Admitted, person_id: PersonId, fields: Fields = None) -> Response:
    """Read a person.

    The ETag moves with every change of the person and of the facts about the person.
    """
    person = people.read_person(call.session, person_id)
    return _answer(call, person, fields=fields)


@ROUTES.operation(
    "PATCH",
    "/people/{person_id}",
    Permission.WRITE_PEOPLE,
    answer=PersonOut,
    absent=True,
    versioned=True,
    example={"person_id": "00901"},
    body_example={"grade": "g2", "hired_on": "2024-09-01"},
)
def change_person(call: Admitted, person_id: PersonId, body: Strict[PersonChange]) -> Response:
    """Correct what is known of a person.

    HR moves people within its own unit and those below it, not out of it.
    """
    seen, changes = call.seen_version(), body.model_dump(exclude_unset=True)
    with call.once():
        person = people.change_person(call.session, person_id, changes, seen=seen)
        return _answer(call, person)


@ROUTES.operation(
    "GET", "/org-units", Permission.READ_CATALOG, answer=OrgUnitPage, example={"limit": 20}
)
def list_org_units(
    call: Admitted, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List the org units of the people whom the caller may see.

    HR sees all of its own unit, analysts see all units.
    """
    (last,) = decode_cursor(cursor, ("",))
    units = people.list_units(call.session)
    units_after = [unit for unit in units if unit.path > last][: limit + 1]
    items, following = next_cursor(units_after, limit, lambda unit: (unit.path,))
    page = OrgUnitPage(items=[OrgUnitOut.model_validate(unit) for unit in items], next=following)
    return answer(call, page, fields=fields)
