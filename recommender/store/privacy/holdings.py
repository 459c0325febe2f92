"""Everything that the database holds on one person, for that person to see."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.access.audit import names_subject
from recommender.store.imports.changes import describe_changes
from recommender.store.people.people import PersonHead, select_people
from recommender.store.privacy.naming import Naming, holds
from recommender.store.scope import EVERYONE

Rows = list[dict[str, Any]]

# tables with one row for each fact about a person
FACTS = (
    schema.assessment,
    schema.exam_result,
    schema.enrolment,
    schema.evidence,
    schema.business_figure,
    schema.improvement_record,
    schema.shown,
    schema.cohort_seat,
    schema.cohort_person,
)
PLAN_PARTS = (
    schema.plan_version,
    schema.plan_approval,
    schema.plan_comment,
    schema.campaign_plan,
)
# columns that people fill in their own words, so that others may be named there
TEXTS = (
    schema.assessment.c.method,
    schema.evidence.c.result,
    schema.plan_approval.c.comment,
    schema.plan_comment.c.text,
    schema.campaign.c.name,
    schema.cohort.c.name,
    schema.objection.c.reason,
    schema.objection.c.answer,
    schema.api_key.c.label,
    schema.account.c.name,
    schema.browser_session.c.name,
    schema.import_batch.c.file_name,
)
ACTIVITY_TEXTS = ("title", "goal", "companion", "measure")
JOB_DOCUMENTS = ("request", "result", "problem", "principal")


def naming_of(connection: sa.Connection, head: PersonHead) -> Naming:
    """Return how to find a person in texts: by id and, unless others share it, by name."""
    person = schema.person.c
    others = sa.select(person.person_id).where(
        person.name == head.name, person.person_id != head.person_id
    )
    shared = connection.scalar(others.limit(1)) is not None
    return Naming(head.person_id, None if shared else head.name)


def actors_of(connection: sa.Connection, person_id: str) -> list[str]:
    """Return the names under which the person's keys and accounts stand in the audit trail."""
    key, account, browser = schema.api_key.c, schema.account.c, schema.browser_session.c
    keys = connection.scalars(sa.select(key.key_id).where(key.person_id == person_id)).all()
    accounts = connection.scalars(
        sa.select(account.account_id).where(account.person_id == person_id)
    ).all()
    # of an identity provider only while signed in: nothing else tells whose hash it is
    browsers = connection.scalars(
        sa.select(browser.actor).where(browser.person_id == person_id).distinct()
    ).all()
    own = [f"key:{key_id}" for key_id in keys] + [f"account:{number}" for number in accounts]
    return [*own, *(actor for actor in browsers if actor not in own)]


def read_holdings(connection: sa.Connection, head: PersonHead) -> dict[str, Rows]:
    """Read everything that is held on a person.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    head : PersonHead
        The person.

    Returns
    -------
    dict of str to list of dict
        Rows by section; sections without rows are there too. Nobody else is named, but for who
        rated the person: actors and the people whom the person rated are left out.
    """
    me, actors = head.person_id, actors_of(connection, head.person_id)
    naming = naming_of(connection, head)
    person, plan, audit = schema.person.c, schema.plan, schema.audit_entry.c
    own_plans = sa.select(plan.c.plan_id).where(plan.c.person_id == me)
    queries: dict[str, sa.Select[Any]] = {
        "person": select_people(EVERYONE)
        .add_columns(person.erasure_asked_at)
        .where(person.person_id == me),
        "reports": sa.select(sa.func.count().label("people"))
        .where(person.manager_id == me)
        # no row rather than a count of 0: a section with a row says that something is held
        .having(sa.func.count() > 0),
        **{table.name: _all_but(table, "id").where(table.c.person_id == me) for table in FACTS},
        "rating": _all_but(schema.rating).where(schema.rating.c.person_id == me),
        "rating_given": _ratings_given(me),
        "person_levels": _all_but(schema.person_levels, "person_id").where(
            schema.person_levels.c.person_id == me
        ),
        "plan": sa.select(plan).where(plan.c.person_id == me),
        **{
            table.name: _all_but(table, "id", "actor").where(table.c.plan_id.in_(own_plans))
            for table in PLAN_PARTS
        },
        **{
            f"{table.name}_given": _all_but(table, "id", "actor", "plan_id").where(
                table.c.actor.in_(actors), table.c.plan_id.not_in(own_plans)
            )
            for table in (schema.plan_approval, schema.plan_comment)
        },
        "objection": _all_but(schema.objection, "id", "actor", "answered_by").where(
            schema.objection.c.person_id == me
        ),
        "objection_answered": _answers_given(actors),
        # the hash says nothing about the person, and would only help somebody to guess the secret
        "api_key": _all_but(schema.api_key, "secret_sha256", "created_by", "confirmed_by").where(
            schema.api_key.c.person_id == me
        ),
        "calendar_link": _all_but(schema.calendar_link, "id", "token_sha256", "created_by").where(
            schema.calendar_link.c.person_id == me
        ),
        "account": _all_but(schema.account, "password_hash", "created_by", "confirmed_by").where(
            schema.account.c.person_id == me
        ),
        "browser_session": _all_but(
            schema.browser_session, "token_sha256", "csrf", "actor", "account_id"
        ).where(schema.browser_session.c.person_id == me),
        "audit_entry": _entries(names_subject(head.ref)),
        "audit_entry_own": _entries(audit.actor.in_(actors)),
    }
    return {
        **{
            section: [dict(row) for row in connection.execute(query).mappings()]
            for section, query in queries.items()
        },
        "cohort_log": _read_cohort_log(connection, head),
        "import_change": describe_changes(connection, me),
        "job": list(_read_jobs(connection, naming, actors)),
        "idempotent_answer": [
            {"answered_at": row.answered_at, "status": row.status}
            for row in find_answers(connection, head.ref, naming, actors)
        ],
        "text": [
            {"table": column.table.name, "text": row[-1]}
            for column in TEXTS
            for row in find_texts(connection, column, naming)
        ]
        + [
            {"table": "plan_version", "text": text}
            for row in find_notes(connection, naming)
            for text in words_of(row.body)
            if naming.is_in(text)
        ],
    }


def find_texts(
    connection: sa.Connection, column: sa.Column[Any], naming: Naming
) -> list[sa.Row[Any]]:
    """Return the key and the text of each row of a text column that names a person."""
    # the database finds what may name the person, the pattern decides: ids are whole words there
    named = [column.icontains(word, autoescape=True) for word in naming.words]
    query = sa.select(*column.table.primary_key.columns, column).where(sa.or_(sa.false(), *named))
    return [row for row in connection.execute(query) if naming.is_in(row[-1])]


def find_notes(connection: sa.Connection, naming: Naming) -> list[sa.Row[Any]]:
    """Return the versions of plans in which people have named a person in their own words."""
    version = schema.plan_version
    query = sa.select(version).where(holds(version.c.body, naming))
    return [row for row in connection.execute(query) if any(map(naming.is_in, words_of(row.body)))]


def words_of(body: dict[str, Any]) -> list[str]:
    """Return what people have written in a version of a plan: its note, and of activities."""
    activities = body.get("plan", {}).get("activities", [])
    texts = [activity[name] for activity in activities for name in ACTIVITY_TEXTS]
    return [*([body["note"]] if body.get("note") else []), *texts]


def find_jobs(connection: sa.Connection, naming: Naming) -> Iterator[sa.RowMapping]:
    """Yield the jobs whose documents name a person."""
    job = schema.job.c
    named = [holds(job[name], naming) for name in JOB_DOCUMENTS]
    columns = (job.job_id, job.kind, job.status, job.created_at, job.finished_at, job.run_at)
    query = sa.select(*columns, *(job[name] for name in JOB_DOCUMENTS)).where(sa.or_(*named))
    for row in connection.execute(query).mappings().all():
        if any(naming.is_anywhere_in(row[name]) for name in JOB_DOCUMENTS):
            yield row


def find_answers(
    connection: sa.Connection, ref: str, naming: Naming, actors: Sequence[str]
) -> Iterator[sa.Row[Any]]:
    """Yield the kept answers that were given to a person, are about it, or may name it."""
    table = schema.idempotent_answer
    for row in connection.execute(sa.select(table)).all():
        if (
            row.actor in actors
            or ref in (row.subjects or ())
            or any(word in row.key for word in naming.words)
            or naming.is_anywhere_in(row.headers)
            or _may_name(row.body, naming)
        ):
            yield row


def _may_name(body: bytes, naming: Naming) -> bool:
    if not body:
        return False
    try:
        return naming.is_anywhere_in(json.loads(body))
    except ValueError:
        # a PDF, for example: not searched, so treated as if it named the person
        return True


def _read_cohort_log(connection: sa.Connection, head: PersonHead) -> Rows:
    """Return the lotteries that a person took part in, and the seats that dropouts changed."""
    log, member = schema.cohort_log.c, schema.cohort_person.c
    own = sa.select(member.cohort_id).where(member.person_id == head.person_id)
    query = sa.select(log.cohort_id, log.kind, log.body, log.made_at)
    rows: Rows = []
    for row in connection.execute(query.where(log.cohort_id.in_(own)).order_by(log.id)):
        # what is said of others is left out
        mine = [each for each in row.body["people"] if each["person"] == head.ref]
        if mine:
            rows.append({**row._mapping, "body": row.body | {"people": mine}})
    return rows


def _all_but(table: sa.Table, *names: str) -> sa.Select[Any]:
    columns = [column for column in table.c if column.name not in names]
    return sa.select(*columns).order_by(*table.primary_key.columns)


def _ratings_given(person_id: str) -> sa.Select[Any]:
    rating = schema.rating.c
    what: list[sa.ColumnElement[Any]] = [
        rating.rated_on,
        rating.competency_id,
        rating.rater_type,
    ]
    return (
        # counted only: single rows would tell what others were rated
        sa.select(*what, sa.func.count().label("ratings"))
        .where(rating.rater_id == person_id, rating.person_id != person_id)
        .group_by(*what)
        .order_by(*what)
    )


def _answers_given(actors: Sequence[str]) -> sa.Select[Any]:
    objection = schema.objection.c
    # what somebody else objected to is not this person's to see
    columns: list[sa.ColumnElement[Any]] = [objection.answer, objection.answered_at]
    return sa.select(*columns).where(objection.answered_by.in_(actors)).order_by(objection.id)


def _entries(condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    entry = schema.audit_entry.c
    columns: list[sa.ColumnElement[Any]] = [entry.seq, entry.at, entry.action, entry.role]
    return sa.select(*columns).where(condition).order_by(entry.seq)


def _read_jobs(
    connection: sa.Connection, naming: Naming, actors: Sequence[str]
) -> Iterator[dict[str, Any]]:
    job = schema.job.c
    columns = (job.job_id, job.kind, job.status, job.created_at)
    for row in connection.execute(sa.select(*columns).where(job.actor.in_(actors))).mappings():
        yield {**row, "says": []}
    for row in find_jobs(connection, naming):
        says = [part for name in JOB_DOCUMENTS for part in naming.parts(row[name])]
        yield {column.name: row[column.name] for column in columns} | {"says": says}
