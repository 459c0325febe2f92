"""Facts about people as a client of the API reads and adds them, and as the database has them."""

from paging import items_of
from serving import MANAGER
from sqlalchemy import select

from recommender.store import reading, schema

KINDS = {
    "ratings": (schema.rating, "rated_on"),
    "exam-results": (schema.exam_result, "sat_on"),
    "assessments": (schema.assessment, "assessed_on"),
}
RATING = {
    "competency_id": "resilience",
    "indicator_id": "resilience.1.1",
    "rater_type": "manager",
    "rater_id": MANAGER,
    "rating": 2,
    "rated_on": "2026-10-30",
}


def all_of(client, person, kind, **query):
    """Return all rows that a list shows, page by page."""
    return items_of(client, f"/v1/people/{person}/{kind}", **query)


def stored(served, kind, person):
    table, _ = KINDS[kind]
    with reading(served.app.state.server.installation.engine) as connection:
        rows = connection.execute(select(table).where(table.c.person_id == person)).mappings()
        return [
            {k: v.isoformat() if k.endswith("_on") else v for k, v in row.items()} for row in rows
        ]


def add(client, person, kind, *items):
    return client.post(f"/v1/people/{person}/{kind}", json={"items": list(items)})


def in_order(rows):
    return sorted(repr(sorted(row.items())) for row in rows)
