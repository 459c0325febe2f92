"""What ids in a table may refer to: the catalogue, and the people and offerings stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from recommender.errors import InputError
from recommender.service.framework import Framework
from recommender.store import Connection, read_ids, read_managers, schema
from recommender.store.people.offerings import read_owners
from recommender.store.people.people import read_unit_people
from recommender.table_kinds import KINDS, Known, TableKind
from recommender.working_days import find_zone
from training_catalog import Text


def find_kind(name: str) -> TableKind:
    """Return a kind of table by its name.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    if name not in KINDS:
        raise InputError("import.kind", kind=name, kinds=", ".join(KINDS))
    return KINDS[name]


def list_known(
    framework: Framework, connection: Connection, kind: TableKind, *, unit: str | None = None
) -> Known:
    """List what ids in a table may refer to: the catalogue and what is stored.

    With the path of a `unit` the table may only be about people of this unit and those below it;
    others look as if they did not exist.
    """
    known = make_known(
        framework,
        people=read_ids(connection, schema.person.c.person_id),
        managers=read_managers(connection),
        offerings=read_ids(connection, schema.offering.c.offering_id),
    )
    if unit is None:
        return known
    inside = frozenset(read_unit_people(connection, unit))
    if kind.name == "people":
        return _keep_to_unit(known, unit, inside)
    others = frozenset(read_owners(connection, unit) if kind.name == "offerings" else ())
    return replace(known, people=inside, org_unit=unit, others=others)


def make_known(
    framework: Framework,
    *,
    people: Iterable[str] = (),
    managers: Mapping[str, str] | None = None,
    offerings: Iterable[str] = (),
) -> Known:
    """Return what ids may refer to: the catalogue, and these people and offerings."""
    catalog = framework.catalog
    return Known(
        people=frozenset(people),
        managers=managers or {},
        grades=_spellings((grade.id, grade.name) for grade in catalog.grades),
        competencies=_spellings((c.id, c.name) for c in catalog.competencies),
        modules=_spellings((module.id, module.title) for module in catalog.modules),
        offerings={name: name for name in offerings},
        indicators={
            indicator.id: c.id
            for c in catalog.competencies
            for level in c.levels
            for indicator in level.indicators
        },
        subjects={
            (c.id, exam.level): _spellings((s.id, s.name) for s in exam.subjects)
            for c in catalog.competencies
            for exam in c.exams
        },
        prerequisites={module.id: module.prerequisites for module in catalog.modules},
        figures=_spellings((figure.id, figure.name) for figure in catalog.business_figures),
        zone=find_zone(catalog.settings.country),
    )


def _spellings(things: Iterable[tuple[str, Text]]) -> dict[str, str]:
    spellings: dict[str, str] = {}
    for name, text in things:
        spellings |= {text.zh_cn: name, text.en: name, name: name}
    return spellings


def _keep_to_unit(known: Known, unit: str, inside: frozenset[str]) -> Known:
    # the head of a unit reports to somebody outside, who has to be known when the same table is
    # imported again
    managers = {known.managers[person] for person in inside if person in known.managers}
    visible = inside | managers
    shown = {person: person for person in visible}
    return replace(
        known,
        people=visible,
        # a circle of managers may lead through people whose ids must not be told
        managers={
            shown.setdefault(person, f"…{len(shown)}"): shown.setdefault(above, f"…{len(shown)}")
            for person, above in known.managers.items()
        },
        org_unit=unit,
        others=known.people - inside,
    )
