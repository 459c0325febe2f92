"""A small library with people in it, and what its people do with plans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from organisations import AS_OF

from recommender.errors import RecommenderError
from recommender.service.installation import Service
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.one import create_plan
from recommender.service.plans.editing import ItemDates, PlanEdit
from recommender.service.plans.life import (
    activate_plan,
    cancel_plan,
    complete_plan,
    decide_on_plan,
    edit_plan,
)
from recommender.service.plans.reading import read_plan
from recommender.service.plans.stored import StoredPlan
from recommender.service.session import Session
from recommender.store import reading, schema, writing
from recommender.texts import LANGUAGES, explain

# on a test, or as a file's `pytestmark`: plans on each database, for what hangs on the database
ON_BOTH = pytest.mark.parametrize(
    "house", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)

UNIT, OTHER_UNIT = "阅览部", "典藏部"
PERSON, MANAGER, ALONE = "L1", "B1", "L2"
ASSESSED_ON = dt.date(2026, 10, 1)
DAY = dt.date(2026, 12, 7)


def principal(role: Role, person_id: str | None = None, org_unit: str | None = None) -> Principal:
    """Make a principal with all that the role may do."""
    name = f"key:{role.value}-{person_id or org_unit or 'all'}"
    return Principal(name, role, PERMISSIONS[role], person_id, org_unit)


EMPLOYEE = principal(Role.EMPLOYEE, PERSON)
LINE_MANAGER = principal(Role.MANAGER, MANAGER)
HR = principal(Role.HR, org_unit=UNIT)
ADMIN = principal(Role.ADMIN)
PARTIES = {"employee": EMPLOYEE, "manager": LINE_MANAGER, "hr": HR}
# those to whom the plans of the unit do not exist
STRANGERS = (
    principal(Role.EMPLOYEE, ALONE),
    principal(Role.MANAGER, ALONE),
    principal(Role.HR, org_unit=OTHER_UNIT),
    principal(Role.HR, org_unit=UNIT[:2]),
)


def move_in(service: Service) -> None:
    """Store a manager with a report in one unit, and somebody without a manager in another."""
    people = (
        (MANAGER, UNIT, "librarian", None),
        (PERSON, UNIT, "assistant", MANAGER),
        (ALONE, OTHER_UNIT, "assistant", None),
    )
    with writing(service.engine) as connection:
        units = {
            path: connection.execute(
                schema.org_unit.insert().values(path=path, name=path)
            ).inserted_primary_key[0]
            for path in (UNIT, OTHER_UNIT)
        }
        for person_id, unit, grade, manager_id in people:
            connection.execute(
                schema.person.insert().values(
                    person_id=person_id,
                    name={"L1": "欧阳春", "B1": "司马光远", "L2": "上官云"}[person_id],
                    org_unit_id=units[unit],
                    grade=grade,
                    manager_id=manager_id,
                )
            )
    for person_id, *_ in people:
        assess(
            service, person_id, ASSESSED_ON, reference_desk=1.0, reading_aloud=1.0, cataloguing=0.5
        )


def assess(service: Service, person_id: str, on: dt.date, **levels: float) -> None:
    """Store assessments of a person."""
    with writing(service.engine) as connection:
        for name, level in levels.items():
            connection.execute(
                schema.assessment.insert().values(
                    person_id=person_id,
                    competency_id=name.replace("_", "-"),
                    level=level,
                    method="面谈",
                    assessed_on=on,
                )
            )


def offer(
    service: Service,
    offering_id: str,
    module_id: str,
    starts_on: dt.date,
    *,
    seats: int | None = None,
    days: int = 2,
) -> None:
    """Store an offering."""
    with writing(service.engine) as connection:
        connection.execute(
            schema.offering.insert().values(
                offering_id=offering_id,
                module_id=module_id,
                starts_on=starts_on,
                ends_on=starts_on + dt.timedelta(days=days - 1),
                place="二楼教室",
                seats=seats,
            )
        )


def enrol(
    service: Service,
    person_id: str,
    module_id: str,
    *,
    offering_id: str | None = None,
    enrolled_on: dt.date = AS_OF,
    completed_on: dt.date | None = None,
) -> None:
    """Store an enrolment made elsewhere, open or completed."""
    with writing(service.engine) as connection:
        connection.execute(
            schema.enrolment.insert().values(
                person_id=person_id,
                module_id=module_id,
                offering_id=offering_id,
                status="completed" if completed_on else "enrolled",
                enrolled_on=enrolled_on,
                completed_on=completed_on,
            )
        )


@dataclass
class Office:
    """A library in which plans are made, approved and changed by its people."""

    service: Service
    today: dt.date = AS_OF

    def session(self, who: Principal, lang: str = "zh-CN") -> Session:
        """Begin a request of somebody."""
        return Session(self.service, who, "test", self.today, lang)

    def write(self, who: Principal, use, *arguments, **options):
        """Run a use case that writes."""
        return use(self.session(who), *arguments, **options)

    def read(self, who: Principal, use, *arguments, lang: str = "zh-CN", **options):
        """Run a use case that reads."""
        return use(self.session(who, lang), *arguments, **options)

    def create(
        self, who: Principal = HR, person_id: str = PERSON, request: PlanRequest | None = None
    ) -> StoredPlan:
        """Make and keep a plan."""
        return create_plan(self.session(who), person_id, request or PlanRequest(), as_of=AS_OF)

    def look(self, plan_id: str) -> StoredPlan:
        """Read a plan as it is."""
        return self.read(ADMIN, read_plan, plan_id)

    def edit(self, plan_id: str, who: Principal = HR, *, seen: int | None = None, **edit):
        """Edit a plan, as it is unless said otherwise."""
        seen = seen or self.look(plan_id).version
        return self.write(who, edit_plan, plan_id, PlanEdit(**edit), seen=seen)

    def approve(self, plan_id: str, *parties: str) -> StoredPlan:
        """Let parties approve a plan one after the other; all of them unless named."""
        found = self.look(plan_id)
        for party in parties or found.awaiting:
            found = self.write(
                PARTIES[party], decide_on_plan, plan_id, decision="approved", seen=found.version
            )
        return found

    def reject(self, plan_id: str, party: str, comment: str | None = "学时太多") -> StoredPlan:
        """Let a party reject a plan."""
        seen = self.look(plan_id).version
        return self.write(
            PARTIES[party],
            decide_on_plan,
            plan_id,
            decision="rejected",
            comment=comment,
            seen=seen,
        )

    def activate(self, plan_id: str, who: Principal = HR) -> StoredPlan:
        """Put a plan in force."""
        return self.write(who, activate_plan, plan_id, seen=self.look(plan_id).version)

    def complete(self, plan_id: str, who: Principal = HR) -> StoredPlan:
        """Close a plan."""
        return self.write(who, complete_plan, plan_id, seen=self.look(plan_id).version)

    def cancel(self, plan_id: str, who: Principal = HR) -> StoredPlan:
        """Cancel a plan."""
        return self.write(who, cancel_plan, plan_id, seen=self.look(plan_id).version)

    def bring_to(self, status: str) -> str:
        """Make a plan in a status and return its id."""
        plan_id = self.create().plan.plan_id
        if status in ("approved", "active", "done"):
            self.approve(plan_id)
        if status in ("active", "done"):
            self.activate(plan_id)
        if status == "done":
            self.fulfil(plan_id)
            self.complete(plan_id)
        if status == "cancelled":
            self.cancel(plan_id)
        assert self.look(plan_id).plan.status == status
        return plan_id

    def fulfil(self, plan_id: str) -> None:
        """Complete every module of a plan in December, and assess everything in January."""
        found = self.look(plan_id)
        for place, item in enumerate(found.plan.items):
            enrol(
                self.service,
                found.plan.person_id,
                item.module_id,
                enrolled_on=AS_OF + dt.timedelta(days=1),
                completed_on=dt.date(2026, 12, 1 + place),
            )
        self.today = dt.date(2027, 2, 1)
        assess(
            self.service,
            found.plan.person_id,
            dt.date(2027, 1, 15),
            reference_desk=1.7,
            reading_aloud=1.4,
            cataloguing=0.9,
        )


def refused(
    error: type[RecommenderError],
    code: str,
    use: Callable[..., object],
    *arguments: object,
    **options: object,
) -> dict[str, Any]:
    """Check that something is refused, in words of both languages; return the values named."""
    with pytest.raises(error) as caught:
        use(*arguments, **options)
    assert caught.value.code == code
    assert all(all(explain(caught.value, lang)) for lang in LANGUAGES)
    return caught.value.values


def rows(office: Office, table: sa.Table, **where: object) -> list[dict[str, Any]]:
    """Return the rows of a table with these values, in the order of its key."""
    with reading(office.service.engine) as connection:
        query = sa.select(table).where(*(table.c[name] == value for name, value in where.items()))
        ordered = query.order_by(*table.primary_key)
        return [dict(row) for row in connection.execute(ordered).mappings()]


def modules_of(found: StoredPlan) -> list[str]:
    """Return the modules of a plan in its order."""
    return [item.module_id for item in found.plan.items]


def dated(**dates: Any) -> tuple[ItemDates, ...]:
    """Return what an edit says of the dates of one item."""
    return (ItemDates(**dates),)


def planned_in(office: Office, offering_id: str = "o1", *, seats: int = 1) -> str:
    """Make an approved plan whose desk-basics is in an offering."""
    offer(office.service, offering_id, "desk-basics", AS_OF + dt.timedelta(days=3), seats=seats)
    found = office.create()
    assert [i.offering_id for i in found.plan.items] == [offering_id, None, None]
    office.approve(found.plan.plan_id)
    return found.plan.plan_id
