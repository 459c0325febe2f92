"""Ready is who can write: without an entry in the audit trail no answer about a person goes out."""

from __future__ import annotations

import asyncio
import resource
import threading

import pytest
import sqlalchemy as sa
from fastapi import Request, Response
from real_server import serve_sample

from api.routes import health
from recommender.store import writes
from recommender.store.database import connections


@pytest.fixture
def served(served_on_both):
    return served_on_both


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(connections, "BUSY_MILLISECONDS", 150)
    monkeypatch.setattr(writes, "BUSY_MILLISECONDS", 150)


def check_readiness(served, *, status):
    stranger = served.client(None)
    assert stranger.get("/health").status_code == 200
    answer = stranger.get("/health/ready")
    assert answer.status_code == status
    assert answer.json() == {"status": "ok" if status == 200 else "unavailable"}


def test_not_while_others_hold_what_is_to_be_written(served, impatient):
    engine = sa.create_engine(connections.parse_url(served.settings.database))
    begin, lock = {
        "sqlite": ("BEGIN IMMEDIATE", "SELECT 1"),
        "postgresql": ("SELECT 1", "LOCK TABLE change_counter IN SHARE MODE"),
    }[engine.dialect.name]
    with engine.connect() as holder:
        holder.exec_driver_sql(begin)
        holder.exec_driver_sql(lock)
        check_readiness(served, status=503)
        holder.rollback()
    engine.dispose()
    check_readiness(served, status=200)


def test_not_while_the_database_can_only_be_read(served):
    engine = served.app.state.server.installation.engine
    modes = {
        "sqlite": ("PRAGMA query_only=ON", "PRAGMA query_only=OFF"),
        "postgresql": [
            f"SET SESSION CHARACTERISTICS AS TRANSACTION READ {mode}" for mode in ("ONLY", "WRITE")
        ],
    }[engine.dialect.name]
    mode = modes[0]

    # at each use: the server's threads hold connections that nobody can take from them
    @sa.event.listens_for(engine, "checkout")
    def restrict(connection, _record, _proxy):
        connection.cursor().execute(mode)
        if engine.dialect.name == "postgresql":
            connection.commit()

    try:
        check_readiness(served, status=503)
    finally:
        mode = modes[1]  # the tests after this one have the same server
    check_readiness(served, status=200)


def test_not_while_the_disk_is_full(tmp_path):
    with serve_sample(tmp_path) as server:
        before = server.process.rlimit(resource.RLIMIT_FSIZE)
        server.process.rlimit(resource.RLIMIT_FSIZE, (1, before[1]))
        assert server.ask("GET", "/health/ready").status == 503
        server.process.rlimit(resource.RLIMIT_FSIZE, before)
        assert server.ask("GET", "/health/ready").status == 200


def test_it_changes_nothing(served):
    engine = served.app.state.server.installation.engine

    def counters():
        with connections.reading(engine) as connection:
            return connection.execute(sa.text("SELECT * FROM change_counter ORDER BY name")).all()

    before = counters()
    check_readiness(served, status=200)
    assert counters() == before


def test_however_many_ask_one_looks(served, monkeypatch):
    asked, go_on = [], threading.Event()

    def look(installation):
        asked.append(installation)
        return go_on.wait(60)

    async def ask():
        request = Request({"type": "http", "app": served.app})
        answers = [
            asyncio.create_task(health.get_readiness(request, Response())) for _ in range(20)
        ]
        await asyncio.sleep(0)  # all of them have begun by the next turn of the loop
        go_on.set()
        return await asyncio.gather(*answers)

    monkeypatch.setattr(health, "can_answer", look)
    assert {answer.status for answer in served.portal.call(ask)} == {"ok"}
    assert len(asked) == 1
