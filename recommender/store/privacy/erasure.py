"""Erasing a person: the person's own rows go, and rows that others need lose the name."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.imports.changes import take_name_out
from recommender.store.people.people import PersonHead
from recommender.store.privacy.holdings import (
    ACTIVITY_TEXTS,
    FACTS,
    JOB_DOCUMENTS,
    PLAN_PARTS,
    TEXTS,
    actors_of,
    find_answers,
    find_jobs,
    find_notes,
    find_texts,
    naming_of,
)
from recommender.store.privacy.naming import Naming
from recommender.store.scope import Scope, visible
from recommender.store.writes import count_change, touch_people


def make_pseudonym() -> str:
    """Make a random id for somebody who must not be found again."""
    return secrets.token_hex(8)


def has_open_jobs(connection: sa.Connection, head: PersonHead) -> bool:
    """Say whether a job is under way that may write about a person again."""
    # a file that is not read yet may name anybody
    job = schema.job.c
    actors = actors_of(connection, head.person_id)
    now = dt.datetime.now(dt.UTC)
    unread = sa.select(job.job_id).where(
        job.finished_at.is_(None),
        # what waits for its moment has read nothing, and finds then that the actor is gone
        sa.or_(job.run_at.is_(None), job.run_at <= now),
        sa.or_(job.upload.is_not(None), job.actor.in_(actors)),
    )
    if connection.scalar(unread.limit(1)) is not None:
        return True
    return any(
        row["finished_at"] is None and (row["run_at"] is None or row["run_at"] <= now)
        for row in find_jobs(connection, naming_of(connection, head))
    )


def read_erasure_request(
    connection: sa.Connection, person_id: str
) -> tuple[str, dt.datetime] | None:
    """Return who asked first for an erasure, and when; None where nobody has."""
    person = schema.person.c
    asked = connection.execute(
        sa.select(person.erasure_asked_by, person.erasure_asked_at).where(
            person.person_id == person_id
        )
    ).one()
    return None if asked.erasure_asked_at is None else (asked[0], asked[1])


@dataclass(frozen=True)
class ErasureRequest:
    """Whose erasure somebody asked for first, who did, and when (in UTC)."""

    person_id: str
    name: str
    ref: str
    asked_by: str
    asked_at: dt.datetime


def list_erasure_requests(
    connection: sa.Connection, scope: Scope, *, since: dt.datetime
) -> list[ErasureRequest]:
    """Return what was asked for after a moment within a scope, the oldest first."""
    person = schema.person.c
    query = (
        sa.select(
            person.person_id,
            person.name,
            person.ref,
            person.erasure_asked_by,
            person.erasure_asked_at,
        )
        .where(person.erasure_asked_at > since, visible(scope))
        .order_by(person.erasure_asked_at, person.person_id)
    )
    return [ErasureRequest(*row) for row in connection.execute(query)]


def note_erasure_request(
    connection: sa.Connection, person_id: str, *, asked_by: str, asked_at: dt.datetime
) -> None:
    """Note who asked first for the erasure of a person."""
    person = schema.person
    connection.execute(
        person.update()
        .where(person.c.person_id == person_id)
        .values(erasure_asked_by=asked_by, erasure_asked_at=asked_at)
    )


def erase_rows(connection: sa.Connection, head: PersonHead, *, pseudonym: str) -> dict[str, int]:
    """Delete a person, and take the person's name out of the rows of others.

    Parameters
    ----------
    connection : Connection
        In a transaction, with the person locked.
    head : PersonHead
        The person.
    pseudonym : str
        The id that the person's stored improvement records get.

    Returns
    -------
    dict of str to int
        Rows deleted or changed, by table.
    """
    if connection.dialect.name == "sqlite":
        # otherwise SQLite leaves deleted rows readable in the file until their place is needed
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    # read now: below, the keys and the row that tell go
    me, actors = head.person_id, actors_of(connection, head.person_id)
    naming = naming_of(connection, head)
    counts: dict[str, int] = {}

    def run(table: sa.Table, statement: sa.Delete | sa.Update) -> None:
        counts[table.name] = counts.get(table.name, 0) + connection.execute(statement).rowcount

    record, rating, person, plan, objection = (
        schema.improvement_record,
        schema.rating,
        schema.person,
        schema.plan,
        schema.objection,
    )
    # kept: the effects of modules are learned from them, and need no name
    run(record, record.update().where(record.c.person_id == me).values(person_id=pseudonym))
    # from here on rows that refer to others go before those they refer to
    own_plans = sa.select(plan.c.plan_id).where(plan.c.person_id == me)
    for table in PLAN_PARTS:
        run(table, table.delete().where(table.c.plan_id.in_(own_plans)))
    own = (rating, schema.person_levels, plan, objection)
    for table in (*(table for table in FACTS if table is not record), *own):
        run(table, table.delete().where(table.c.person_id == me))
    # answers held about these people name the one who is erased
    rated = connection.scalars(sa.select(rating.c.person_id).where(rating.c.rater_id == me))
    reports = connection.scalars(sa.select(person.c.person_id).where(person.c.manager_id == me))
    touch_people(connection, [*rated, *reports])
    # not the pseudonym of the records: colleagues know who rated them, and so whose they are
    rater_id = make_pseudonym()
    run(rating, rating.update().where(rating.c.rater_id == me).values(rater_id=rater_id))
    counts["import_change"] = take_name_out(connection, naming, rater_id=rater_id)
    run(person, person.update().where(person.c.manager_id == me).values(manager_id=None))
    counts["idempotent_answer"] = _delete_answers(connection, head.ref, naming, actors)
    for table in (schema.api_key, schema.calendar_link):
        run(table, table.delete().where(table.c.person_id == me))
    accounts = sa.select(schema.account.c.account_id).where(schema.account.c.person_id == me)
    for table in (schema.sign_in_link, schema.browser_session):
        run(table, table.delete().where(table.c.account_id.in_(accounts)))
    # of an identity provider, and so without an account
    browser = schema.browser_session
    run(browser, browser.delete().where(browser.c.person_id == me))
    run(schema.account, schema.account.delete().where(schema.account.c.person_id == me))
    counts["job"] = _reword_jobs(connection, naming)
    # a file that waits may name anybody, and can be uploaded again
    run(schema.import_upload, schema.import_upload.delete())
    _blot(connection, naming)
    run(person, person.delete().where(person.c.person_id == me))
    # every worker has to refuse the person's keys and browsers at once
    count_change(connection, "access")
    return counts


def _delete_answers(
    connection: sa.Connection, ref: str, naming: Naming, actors: Sequence[str]
) -> int:
    table = schema.idempotent_answer
    answers = list(find_answers(connection, ref, naming, actors))
    for row in answers:
        key = sa.and_(table.c.actor == row.actor, table.c.key == row.key)
        connection.execute(table.delete().where(key))
    return len(answers)


def _reword_jobs(connection: sa.Connection, naming: Naming) -> int:
    job = schema.job
    # marked copies of imported files, and plans of many people: not searched for names
    with_file = sa.or_(job.c.report.is_not(None), job.c.file.is_not(None))
    emptied = job.update().where(with_file).values(report=None, file=None)
    count = connection.execute(emptied).rowcount
    for row in find_jobs(connection, naming):
        said: dict[str, Any] = {
            # None would be stored as the JSON text null
            name: sa.null() if row[name] is None else naming.without(row[name])
            for name in JOB_DOCUMENTS
        }
        connection.execute(job.update().where(job.c.job_id == row["job_id"]).values(**said))
        count += 1
    return count


def _blot(connection: sa.Connection, naming: Naming) -> None:
    for column in TEXTS:
        table = column.table
        assert isinstance(table, sa.Table)
        for row in find_texts(connection, column, naming):
            key = [part == row._mapping[part] for part in table.primary_key.columns]
            blotted = {column.name: naming.blot(row[-1])}
            connection.execute(table.update().where(*key).values(blotted))
    version = schema.plan_version
    for row in find_notes(connection, naming):
        key = [version.c.plan_id == row.plan_id, version.c.version == row.version]
        body = dict(row.body)
        if body.get("note"):
            body["note"] = naming.blot(body["note"])
        if activities := body.get("plan", {}).get("activities"):
            blotted = [
                each | {name: naming.blot(each[name]) for name in ACTIVITY_TEXTS}
                for each in activities
            ]
            body["plan"] = body["plan"] | {"activities": blotted}
        connection.execute(version.update().where(*key).values(body=body))


def delete_rows(connection: sa.Connection, table: sa.Table, **key: Any) -> int:
    """Delete the rows with these values; return how many there were."""
    conditions = [table.c[name] == value for name, value in key.items()]
    return connection.execute(table.delete().where(*conditions)).rowcount
