"""The audit trail: whatever is done to it shows, and it is read with the names of today."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from asking import session_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from somebody import COLLEAGUE

from recommender.errors import NotFoundError
from recommender.service.access.audit import check_trail, export_trail, read_trail
from recommender.service.permissions import PERMISSIONS, ForbiddenError, Principal, Role
from recommender.service.privacy.personal_data import erase_person
from recommender.store import AuditEntry, append_entries, reading, schema, verify_trail, writing

ENTRY, HEAD = schema.audit_entry, schema.audit_head
NOON = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
N_ENTRIES = 9


def entry_of(number):
    return AuditEntry(
        at=NOON + dt.timedelta(minutes=number),
        actor=f"key:{number % 3}",
        role="hr",
        action=("read_gaps", "create_plan")[number % 2],
        resource=f"/v1/plans/plan-{number}",
        subjects=[f"{number:032x}"],
        request_id=f"request-{number}",
        details={"rows": number, "share": 0.1 * number, "kind": "导入"},
    )


@pytest.fixture
def engine(service):
    """A database whose trail is empty, and is good again afterwards for the tests that share it."""
    anew = ENTRY.delete(), HEAD.delete(), HEAD.insert().values(id=1, seq=0, hash="0" * 64)
    do(service.engine, *anew)
    yield service.engine
    do(service.engine, *anew)


@pytest.fixture
def trail(engine):
    """A database with some entries, stored one by one and together."""
    with writing(engine) as connection:
        append_entries(connection, [entry_of(1)])
    with writing(engine) as connection:
        append_entries(connection, [entry_of(number) for number in range(2, N_ENTRIES + 1)])
    return engine


def verdict_of(engine, *noted):
    with reading(engine) as connection:
        return verify_trail(connection, noted=noted)


def rows_of(engine):
    with reading(engine) as connection:
        return connection.execute(sa.select(ENTRY).order_by(ENTRY.c.seq)).mappings().all()


def head_of(engine):
    with reading(engine) as connection:
        return connection.scalar(sa.select(HEAD.c.hash))


def do(engine, *statements):
    with writing(engine) as connection:
        for statement in statements:
            connection.execute(statement)


def change(seq, **values):
    return ENTRY.update().where(ENTRY.c.seq == seq).values(**values)


def move(seq, to):
    return ENTRY.update().where(ENTRY.c.seq == seq).values(seq=to)


# -- what is done to the trail shows --


def test_a_trail_that_nobody_touched_is_whole(trail):
    found = verdict_of(trail)
    assert (found.entries, found.head, found.broken_at) == (N_ENTRIES, head_of(trail), None)


def test_an_empty_trail_is_whole(engine):
    assert verdict_of(engine).broken_at is None
    assert verdict_of(engine, head_of(engine)).broken_at is None


EDITS = {
    "at": NOON,
    "actor": "key:none",
    "role": "admin",
    "action": "nothing",
    "resource": "/v1/me",
    "subjects": [],
    "request_id": "",
    "details": {"rows": 4.0, "share": 0.4, "kind": "导入"},
    "hash": "f" * 64,
}


@pytest.mark.parametrize("column", EDITS)
@pytest.mark.parametrize("seq", [1, 4, N_ENTRIES])
def test_an_edited_entry(trail, column, seq):
    do(trail, change(seq, **{column: EDITS[column]}))
    assert verdict_of(trail).broken_at == seq


@pytest.mark.parametrize("seq", [1, 5, N_ENTRIES])
def test_a_deleted_entry(trail, seq):
    do(trail, ENTRY.delete().where(ENTRY.c.seq == seq))
    assert verdict_of(trail).broken_at is not None


def test_a_deleted_entry_whose_place_was_closed(trail):
    do(trail, ENTRY.delete().where(ENTRY.c.seq == 5))
    for seq in range(6, N_ENTRIES + 1):
        do(trail, move(seq, seq - 1))
    assert verdict_of(trail).broken_at == 5


@pytest.mark.parametrize("seq", [-7, 0, N_ENTRIES + 1])
def test_an_entry_that_was_put_in(trail, seq):
    do(trail, ENTRY.insert().values(**{**rows_of(trail)[3], "seq": seq}))
    found = verdict_of(trail).broken_at
    assert found == (seq if seq < 1 else N_ENTRIES + 1)


def test_an_entry_that_was_put_in_between(trail):
    for seq in range(N_ENTRIES, 3, -1):
        do(trail, move(seq, seq + 1))
    do(trail, ENTRY.insert().values(**{**rows_of(trail)[2], "seq": 4}))
    assert verdict_of(trail).broken_at == 4


@pytest.mark.parametrize("kept", [0, 4, N_ENTRIES - 1])
def test_a_tail_that_was_cut_off(trail, kept):
    noted = head_of(trail)
    do(trail, ENTRY.delete().where(ENTRY.c.seq > kept))
    assert verdict_of(trail).broken_at == kept + 1
    # also where the head was set back to fit
    last = rows_of(trail)[-1]["hash"] if kept else "0" * 64
    do(trail, HEAD.update().values(seq=kept, hash=last))
    assert verdict_of(trail).broken_at is None
    assert verdict_of(trail, noted).broken_at == kept + 1


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 7), (N_ENTRIES - 1, N_ENTRIES)])
def test_entries_in_another_order(trail, one, other):
    do(trail, move(one, -1), move(other, one), move(-1, other))
    assert verdict_of(trail).broken_at == one


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 8)])
def test_entries_whose_contents_were_exchanged(trail, one, other):
    names = [name for name in EDITS if name != "hash"]
    rows = {row["seq"]: {name: row[name] for name in names} for row in rows_of(trail)}
    do(trail, change(one, **rows[other]), change(other, **rows[one]))
    assert verdict_of(trail).broken_at == one


def test_a_head_that_is_gone_or_says_something_else(trail):
    do(trail, HEAD.update().values(seq=N_ENTRIES + 1))
    assert verdict_of(trail).broken_at == N_ENTRIES + 1
    do(trail, HEAD.delete())
    assert verdict_of(trail).broken_at == N_ENTRIES + 1


def test_a_chain_that_was_written_anew_lacks_the_heads_noted_elsewhere(trail):
    noted = [rows_of(trail)[2]["hash"], head_of(trail)]
    assert verdict_of(trail, *noted).broken_at is None
    do(
        trail,
        ENTRY.delete().where(ENTRY.c.seq > 4),
        HEAD.update().values(seq=4, hash=rows_of(trail)[3]["hash"]),
    )
    with writing(trail) as connection:
        forged = [replace(entry_of(n), actor="key:none") for n in range(5, N_ENTRIES + 1)]
        append_entries(connection, forged)
    assert verdict_of(trail).broken_at is None
    assert verdict_of(trail, noted[0]).broken_at is None
    assert verdict_of(trail, *noted).broken_at is not None


# -- whatever entries hold, and however they come --

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
documents = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
entries = st.builds(
    AuditEntry,
    at=st.integers(0, 7 * 10**15).map(lambda us: NOON + dt.timedelta(microseconds=us)),
    actor=texts,
    role=texts.map(lambda text: text[:20]),
    action=texts,
    resource=texts,
    subjects=st.lists(texts, max_size=3),
    request_id=texts,
    details=st.dictionaries(texts, documents, max_size=3),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(entries, min_size=1, max_size=3), min_size=1, max_size=4), st.data())
def test_any_entries_are_whole_until_one_is_changed(engine, batches, data):
    do(engine, ENTRY.delete(), HEAD.update().values(seq=0, hash="0" * 64))
    for batch in batches:
        with writing(engine) as connection:
            append_entries(connection, batch)
    whole = verdict_of(engine)
    count = sum(map(len, batches))
    assert (whole.entries, whole.broken_at) == (count, None)
    seq = data.draw(st.integers(1, count))
    column = data.draw(st.sampled_from(["actor", "action", "resource", "request_id", "details"]))
    strategy = entries.map(lambda entry: getattr(entry, column))
    before = rows_of(engine)[seq - 1][column]
    after = data.draw(strategy.filter(lambda value: repr(value) != repr(before)))
    do(engine, change(seq, **{column: after}))
    # where the database calls both the same, so may the check
    same = repr(rows_of(engine)[seq - 1][column]) == repr(before)
    assert verdict_of(engine).broken_at == (None if same else seq)


def test_those_who_write_at_the_same_time_queue(engine):
    def write(start):
        for number in range(start, start + 10):
            with writing(engine) as connection:
                append_entries(connection, [entry_of(number)])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(0, 40, 10)))
    found = verdict_of(engine)
    assert (found.entries, found.broken_at) == (40, None)
    requests = {row["request_id"] for row in rows_of(engine)}
    assert requests == {f"request-{number}" for number in range(40)}


# -- reading --


@pytest.fixture
def looked_at(library):
    """A service whose trail says that two people were looked at."""
    for action, person_id in (("read_gaps", COLLEAGUE), ("read_plan", "00002"), ("list", None)):
        session = session_of(library, action=action)
        with session.writing() as connection:
            if person_id:
                session.person(connection, person_id)
    return library


def read(service, limit=100, after=0, **wanted):
    session = session_of(service)
    found = read_trail(session, **wanted, after=after, limit=limit)
    return session, found


def test_entries_name_people_as_they_are_known_today(looked_at):
    session, found = read(looked_at)
    assert [entry.subjects for entry in found] == [[COLLEAGUE], ["00002"], []]
    with reading(looked_at.engine) as connection:
        person = schema.person.c
        ref = connection.scalar(sa.select(person.ref).where(person.person_id == COLLEAGUE))
    assert len(session.take_note().entries[0].subjects) == 2
    eraser = session_of(looked_at)
    erase_person(eraser, COLLEAGUE)
    _, found = read(looked_at)
    assert found[0].subjects == [ref]


def test_entries_about_one_person(looked_at):
    session, found = read(looked_at, person_id=COLLEAGUE)
    assert [entry.action for entry in found] == ["read_gaps"]
    assert session.take_note() is not None
    with pytest.raises(NotFoundError, match=r"person\.unknown"):
        read(looked_at, person_id="nobody")


@pytest.mark.usefixtures("trail")
def test_entries_by_actor_action_and_time(service):
    def seqs(**wanted):
        return [entry.seq for entry in read(service, **wanted)[1]]

    assert seqs() == list(range(1, N_ENTRIES + 1))
    assert seqs(actor="key:1") == [1, 4, 7]
    assert seqs(action="read_gaps") == [2, 4, 6, 8]
    assert seqs(actor="key:1", action="read_gaps") == [4]
    third = NOON + dt.timedelta(minutes=3)
    assert seqs(since=third) == list(range(3, N_ENTRIES + 1))
    assert seqs(until=third) == [1, 2]
    assert seqs(since=third.astimezone(dt.timezone(dt.timedelta(hours=8))), limit=2) == [3, 4]
    assert seqs(after=4, limit=2) == [5, 6]


def test_only_who_may_read_the_trail_reads_or_checks_it(looked_at):
    for role in set(Role) - {Role.ADMIN, Role.AUDITOR}:
        session = session_of(looked_at, who=Principal("key:x", role, PERMISSIONS[role]))
        for use in (
            lambda s=session: read_trail(s, limit=1),
            lambda s=session: check_trail(s),
            lambda s=session: next(export_trail(s)),
        ):
            with pytest.raises(ForbiddenError):
                use()
    for role in (Role.ADMIN, Role.AUDITOR):
        who = Principal("key:x", role, PERMISSIONS[role])
        assert check_trail(session_of(looked_at, who=who)).entries == 3
        # also the question who looked at a person whom the auditor may not look at
        about = read_trail(session_of(looked_at, who=who), person_id=COLLEAGUE, limit=5)
        assert [entry.action for entry in about] == ["read_gaps"]
