"""Databases with a made-up organisation in them, and what tests ask of a database."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from recommender.service.installation import Service, open_service
from recommender.service.made_up.organisation import SampleOrganisation, make_organisation
from recommender.service.people.imports import store_frame
from recommender.settings import Settings
from recommender.store import open_database, schema, writing
from recommender.table_kinds import KINDS
from training_catalog.files.loading import DEFAULT_CATALOG

AS_OF = dt.date(2026, 11, 1)
TINY = Path(__file__).parents[1] / "catalogs" / "tiny"
NOBODY = 65534


@contextmanager
def service_on(url: str, *, catalog: Path = DEFAULT_CATALOG) -> Iterator[Service]:
    """Open a service and close its connections afterwards; a new file is copied, not migrated."""
    target = make_url(url)
    if target.drivername == "sqlite" and not Path(target.database or "").exists():
        Path(target.database or "").write_bytes(_upgraded_file())
    service = open_service(Settings(database=url, catalog=catalog, as_of=AS_OF))
    try:
        yield service
    finally:
        service.engine.dispose()


@cache
def _upgraded_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upgraded.db"
        open_database(f"sqlite:///{path}").dispose()
        return path.read_bytes()


def fill(service: Service, *, n_people: int, seed: int = 0) -> SampleOrganisation:
    """Store a made-up organisation as the imports would, without the way over files."""
    sample = make_organisation(service.framework, n_people=n_people, as_of=AS_OF, seed=seed)
    tables = [
        ("people", sample.people),
        ("offerings", sample.offerings),
        ("enrolments", sample.enrolments.assign(offering_id=None)),
        *(("ratings", rows) for rows in sample.ratings.values()),
        ("exams", sample.exams),
        ("assessments", sample.assessments),
    ]
    with writing(service.engine) as connection:
        for kind, rows in tables:
            if len(rows):
                store_frame(connection, KINDS[kind], rows)
    return sample


def someone(service: Service, *, grade: str = "assistant", **levels: float) -> str:
    """Store one person of the tiny framework with these levels and return the id."""
    with writing(service.engine) as connection:
        unit = connection.execute(
            schema.org_unit.insert().values(path="阅览部", name="阅览部")
        ).inserted_primary_key[0]
        connection.execute(
            schema.person.insert().values(
                person_id="L1",
                name="欧阳",
                org_unit_id=unit,
                grade=grade,
            )
        )
        for name, level in levels.items():
            connection.execute(
                schema.assessment.insert().values(
                    person_id="L1",
                    competency_id=name.replace("_", "-"),
                    level=level,
                    method="面谈",
                    assessed_on=dt.date(2026, 10, 1),
                )
            )
    return "L1"


def count_rows(url: str) -> dict[str, int]:
    """Count the rows of every table but those that are never empty: audit trail and counters."""
    counts = " UNION ALL ".join(
        f"SELECT '{name}', count(*) FROM \"{name}\""
        for name in schema.metadata.tables
        if not name.startswith(("audit_", "change_counter"))
    )
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return dict(connection.exec_driver_sql(counts).all())


@contextmanager
def without_privileges() -> Iterator[None]:
    """Act as a user to whom permissions apply; root is stopped by none."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
