"""What is held on a person: the export has all of it, and erasing leaves nothing that names."""

import datetime as dt
import json
import re
from threading import Thread

import numpy as np
import pytest
import sqlalchemy as sa
from asking import session_of
from organisations import AS_OF, TINY, fill, service_on
from somebody import COLLEAGUE, NAME, NOW, SOMEBODY, store_somebody

from recommender.errors import ConflictError, InputError, NotFoundError, StoreError
from recommender.service.learning.history import read_history
from recommender.service.learning.training import fit_history
from recommender.service.made_up.organisation import make_history
from recommender.service.people.imports import store_frame
from recommender.service.permissions import PERMISSIONS, ForbiddenError, Principal, Role
from recommender.service.privacy.personal_data import (
    SECTIONS,
    delete_fact,
    erase_person,
    export_person,
)
from recommender.store import reading, schema, verify_trail, writing
from recommender.store.privacy.naming import Naming
from recommender.table_kinds import KINDS

# every column that can name a person, by id, in words, or by what the trail calls the person;
# a new column of text has to be put here or among the others
NAMING = {
    "person": {"person_id", "name", "manager_id", "ref"},
    "assessment": {"person_id", "method"},
    "rating": {"person_id", "rater_id"},
    "exam_result": {"person_id"},
    "person_levels": {"person_id"},
    "enrolment": {"person_id"},
    "evidence": {"person_id", "result"},
    "business_figure": {"person_id"},
    "improvement_record": {"person_id"},
    "plan": {"person_id"},
    "plan_version": {"body"},
    "plan_approval": {"comment"},
    "plan_comment": {"text"},
    "campaign": {"name"},
    "cohort": {"name"},
    "cohort_person": {"person_id"},
    "cohort_seat": {"person_id"},
    # by what the trail calls the person, as in the trail
    "cohort_log": {"body"},
    "objection": {"person_id", "reason", "answer"},
    "shown": {"person_id"},
    "import_batch": {"file_name"},
    "import_change": {"person_id", "rows"},
    "api_key": {"person_id", "label"},
    "calendar_link": {"person_id"},
    # all three go with the person; the login is one that nobody else can be meant by
    "account": {"person_id", "login", "name"},
    "browser_session": {"person_id", "name"},
    "audit_entry": {"subjects"},
    "job": {"request", "result", "problem", "principal", "report", "file"},
    "idempotent_answer": {"key", "headers", "body", "subjects"},
}
# in these the text is an id, a code or a path of something else, or the random id of an actor
NOT_NAMING = {
    "org_unit": {"path", "name"},
    "person": {"grade", "erasure_asked_by"},
    "assessment": {"competency_id"},
    "rating": {"competency_id", "indicator_id", "rater_type"},
    "exam_result": {"competency_id", "subject"},
    "person_levels": {"basis", "figures"},
    "module": {"module_id", "title", "competency_ids", "modality", "prerequisites"},
    "offering": {"offering_id", "module_id", "place", "owner_unit"},
    "enrolment": {"module_id", "offering_id", "status"},
    "improvement_record": {"competency_id", "module_id", "org_unit"},
    "plan": {"plan_id", "status", "model_id", "catalog_digest"},
    "plan_version": {"plan_id", "change", "actor"},
    "plan_approval": {"plan_id", "party", "decision", "actor"},
    "plan_comment": {"plan_id", "party", "actor"},
    "campaign": {
        *("campaign_id", "org_unit", "competency_id", "grade", "budget", "job_id", "actor"),
    },
    "campaign_plan": {"plan_id", "campaign_id"},
    "cohort": {
        *("cohort_id", "org_unit", "limits", "status", "model_id", "catalog_digest"),
        *("figures", "job_id", "actor"),
    },
    "cohort_offering": {"cohort_id", "offering_id", "module_id"},
    "cohort_person": {"cohort_id"},
    "cohort_seat": {"cohort_id", "offering_id", "status"},
    "cohort_log": {"cohort_id", "kind"},
    "objection": {"plan_id", "module_id", "party", "actor", "answered_by"},
    # what an organisation shows to everybody: a template names nobody
    "plan_template": {"lang", "content", "sha256", "actor"},
    "shown": {"modules", "module_id", "objective", "model_id", "catalog_digest"},
    "import_batch": {"kind", "sha256", "actor", "org_unit", "new_units", "undone_by"},
    # answers about headers and words; those about people are not kept
    "import_mapping": {"fingerprint", "org_unit", "answers", "actor"},
    # all of them go when somebody is erased
    "import_upload": {"upload_id", "file_name", "content", "kind", "answers", "actor"},
    "evidence": {"competency_id", "unit"},
    "business_figure": {"figure_id"},
    # anonymous: there is no column for whose answer it is
    "satisfaction": {"module_id", "offering_id", "answer_id"},
    "api_key": {
        *("key_id", "secret_sha256", "role", "org_unit", "permissions", "networks"),
        *("replaces", "created_by", "confirmed_by"),
    },
    "calendar_link": {"token_sha256", "created_by"},
    "account": {
        *("account_id", "password_hash", "role", "org_unit", "permissions"),
        *("created_by", "confirmed_by"),
    },
    "browser_session": {
        *("token_sha256", "account_id", "actor", "role", "org_unit", "permissions", "csrf"),
    },
    "sign_in_link": {"token_sha256", "account_id", "purpose", "created_by"},
    # about grades; experts stand under labels, and performers are only counted
    "standard_proposal": {
        *("proposal_id", "grade", "method", "status", "rationale", "basis", "author"),
    },
    "standard_target": {"proposal_id", "competency_id", "note"},
    "standard_judgement": {"proposal_id", "expert", "competency_id"},
    "standard_decision": {"proposal_id", "decision", "actor", "comment"},
    "audit_entry": {"actor", "role", "action", "resource", "request_id", "details", "hash"},
    "audit_head": {"hash"},
    "change_counter": {"name"},
    "secret": {"name", "value"},
    # a file waits in `upload` only while its job is open, and then nobody is erased
    "job": {"job_id", "kind", "status", "upload", "actor", "worker", "repeat", "next_job_id"},
    "idempotent_answer": {"actor", "request_sha256"},
}


def dump(service):
    """Return every cell of the database as text, by table and column."""
    with reading(service.engine) as connection:
        return {
            (table.name, column.name): [
                _text(cell) for cell in connection.scalars(sa.select(column))
            ]
            for table in schema.metadata.sorted_tables
            for column in table.c
        }


def _text(cell):
    if isinstance(cell, bytes):
        cell = cell.decode("utf-8", "replace")
        cell += cell.encode().decode("unicode_escape", "replace")
    return json.dumps(cell, ensure_ascii=False, default=str)


def places_of(service, *words):
    """Return where in the database any of these words stands."""
    pattern = re.compile("|".join(map(re.escape, words)))
    return {place for place, cells in dump(service).items() if any(map(pattern.search, cells))}


def erase(service, person_id=SOMEBODY):
    session = session_of(service, action="erase_person")
    return erase_person(session, person_id).rows


def export(service, person_id=SOMEBODY, **changes):
    session = session_of(service, **changes)
    held = export_person(session, person_id)
    return {section["name"]: section["rows"] for section in held["sections"]}


@pytest.fixture
def held(library):
    """A service that holds all there can be on somebody."""
    store_somebody(library)
    return library


def ref_of(service, person_id=SOMEBODY):
    with reading(service.engine) as connection:
        person = schema.person.c
        return connection.scalar(sa.select(person.ref).where(person.person_id == person_id))


# -- every place is known --


def test_every_column_of_text_is_known_to_name_people_or_not_to():
    for table in schema.metadata.sorted_tables:
        texts = {
            column.name
            for column in table.c
            if isinstance(column.type, sa.String | sa.JSON | sa.LargeBinary)
        }
        naming, others = NAMING.get(table.name, set()), NOT_NAMING.get(table.name, set())
        assert naming | others == texts, table.name
        assert not naming & others, table.name


def test_the_person_of_these_tests_is_named_in_all_of_them(held):
    known = {(table, column) for table, columns in NAMING.items() for column in columns}
    assert places_of(held, SOMEBODY, NAME, ref_of(held)) == known


# -- export --


def test_the_export_has_rows_of_every_table_that_names_people(held):
    found = export(held)
    assert list(found) == list(SECTIONS)
    assert [name for name, rows in found.items() if not rows] == []
    named_elsewhere = {row["table"] for row in found["text"]}
    assert set(NAMING) <= set(found) | named_elsewhere


def test_the_export_says_what_is_held(held):
    found = export(held)
    assert found["person"][0]["name"] == NAME
    assert found["reports"] == [{"people": 1}]
    assert [row["score"] for row in found["exam_result"]] == [87.5]
    assert found["rating_given"] == [
        {
            "rated_on": AS_OF.isoformat(),
            "competency_id": "reference-desk",
            "rater_type": "manager",
            "ratings": 1,
        }
    ]
    assert found["plan_version"][0]["body"] == {"plan": {"person_id": SOMEBODY}}
    first = next(row for row in found["job"] if row["job_id"] == "job-1")
    assert {"person_id": SOMEBODY, "hours": 8} in first["says"]
    assert {SOMEBODY: 1} in first["says"]
    assert [row["action"] for row in found["audit_entry"]] == ["read_gaps"]
    json.dumps(found, allow_nan=False)


def test_the_export_names_nobody_else_and_no_secret(held):
    with reading(held.engine) as connection:
        others = connection.scalars(
            sa.select(schema.person.c.person_id).where(schema.person.c.person_id != SOMEBODY)
        ).all()
        secret = connection.scalar(sa.select(schema.api_key.c.secret_sha256))
    text = json.dumps(export(held), ensure_ascii=False)
    assert secret not in text
    for other in others:
        assert f'"{other}"' not in text, other


def test_every_section_is_described_in_both_languages(held):
    session = session_of(held)
    found = export_person(session, SOMEBODY)
    for section in found["sections"]:
        assert re.search("[\u3400-\u9fff]", section["description"]["zh-CN"])
        assert section["description"]["en"].isascii()
    assert session.take_note() is not None


def test_only_within_scope(held):
    manager = Principal("key:x", Role.MANAGER, PERMISSIONS[Role.MANAGER], person_id=SOMEBODY)
    assert export(held, COLLEAGUE, who=manager)["person"]
    with pytest.raises(NotFoundError, match=r"person\.unknown"):
        export(held, "00002", who=manager)
    analyst = Principal("key:x", Role.ANALYST, PERMISSIONS[Role.ANALYST])
    with pytest.raises(ForbiddenError):
        export(held, SOMEBODY, who=analyst)
    for who in (manager, analyst):
        session = session_of(held, who=who)
        with pytest.raises(ForbiddenError):
            erase_person(session, COLLEAGUE)


# -- erasure --


def test_nothing_names_a_person_who_was_erased(held):
    ref = ref_of(held)
    counts = erase(held)
    assert places_of(held, SOMEBODY, NAME) == set()
    # what the trail calls the person stands there for ever, and leads nowhere
    assert places_of(held, ref) == {("audit_entry", "subjects"), ("cohort_log", "body")}
    unchanged = {"audit_entry", "import_batch", "campaign", "cohort", "cohort_log"}
    assert set(NAMING) - unchanged <= set(counts)
    with reading(held.engine) as connection:
        assert verify_trail(connection).broken_at is None
        entry = connection.execute(
            sa.select(schema.audit_entry).order_by(schema.audit_entry.c.seq.desc()).limit(1)
        ).one()
    assert (entry.action, entry.subjects) == ("erase_person", [ref])
    assert entry.details == {"rows": sum(counts.values())}


def test_what_imports_replaced_is_reworded_as_the_rows_are(held):
    """So that the import can still be undone for the others."""
    erase(held)
    part = schema.import_change.c
    with reading(held.engine) as connection:
        rater_id = connection.scalar(
            sa.select(schema.rating.c.rater_id).where(
                schema.rating.c.person_id == COLLEAGUE,
                schema.rating.c.rater_type == "manager",
                schema.rating.c.rated_on == AS_OF,
            )
        )
        kept = connection.execute(
            sa.select(part.person_id, part.rows).order_by(part.batch_id, part.part)
        ).all()
    assert [person for person, _ in kept] == [COLLEAGUE] * 3
    ratings, people, assessments = (rows[0] for _, rows in kept)
    assert ratings == [["x", "x.1.1", "manager", rater_id, "2026-11-01"], [1], [2]]
    assert [values[3] for values in people[1:]] == [None, None]
    assert assessments == [["x", "2026-11-01"], None, [1.5, None, "**面谈"]]


def test_everybody_elses_data_stay(held):
    erase(held)
    with reading(held.engine) as connection:

        def only(column, *conditions):
            return connection.scalars(sa.select(column).where(*conditions)).one()

        (rating,) = connection.execute(
            sa.select(schema.rating).where(
                schema.rating.c.person_id == COLLEAGUE,
                schema.rating.c.rater_type == "manager",
                schema.rating.c.rated_on == AS_OF,
            )
        )
        assert re.fullmatch("[0-9a-f]{16}", rating.rater_id)
        assert rating.rating == 1
        assert only(schema.person.c.manager_id, schema.person.c.person_id == COLLEAGUE) is None
        assert only(schema.idempotent_answer.c.key) == "others"
        names = connection.scalars(sa.select(schema.import_batch.c.file_name)).all()
        assert set(names) == {"**的评分.xlsx"}
        body = only(schema.plan_version.c.body, schema.plan_version.c.plan_id == "plan-other")
        assert body == {
            "plan": {
                "person_id": COLLEAGUE,
                "activities": [
                    {
                        "activity_id": "a1",
                        "title": "跟岗学习",
                        "goal": "跟访两次",
                        "companion": "已与**谈过，工号**",
                        "measure": "写两份纪要",
                    }
                ],
            },
            "note": "已与**谈过，工号**",
        }
        result = only(schema.job.c.result, schema.job.c.job_id == "job-1")
        assert result == {
            "plans": [{"person_id": COLLEAGUE, "hours": 9}],
            "failed": [],
            "people": [COLLEAGUE],
            "by_person": {COLLEAGUE: 2},
            "message": "**不在范围内",
        }


def test_caches_answer_anew_about_those_the_person_rated_or_led(held):
    def version():
        with reading(held.engine) as connection:
            person = schema.person.c
            return connection.scalar(sa.select(person.version).where(person.person_id == COLLEAGUE))

    before = version()
    erase(held)
    assert version() > before


def intervals_of(history):
    """Return what the model reads, in an order that says nothing of who is who."""
    frame = history.intervals.assign(level_after=history.level_after)
    # who is who is how the intervals hang together
    others = [name for name in frame.columns if name != "person_id"]
    together = frame.groupby("person_id")[others].apply(
        lambda own: tuple(sorted(map(str, own.to_numpy(object).tolist())))
    )
    return sorted(together)


def history_of(service):
    return read_history(session_of(service), as_of=AS_OF)


def fit_of(history):
    return fit_history(history, "effect-model", scale=(0.0, 4.0), seed=0)[1]


def test_what_was_learned_from_the_person_stays(held):
    with writing(held.engine) as connection:
        records = make_history(held.framework, as_of=AS_OF, n_trained=120)
        store_frame(connection, KINDS["records"], records)
    before = history_of(held)
    own = before.frame[before.frame["person_id"] == SOMEBODY]
    assert set(own["source"]) == {"derived", "imported"}
    erase(held)
    after = history_of(held)
    assert intervals_of(after) == intervals_of(before)
    (pseudonym,) = set(after.frame["person_id"]) - set(before.frame["person_id"])
    assert re.fullmatch("[0-9a-f]{16}", pseudonym)
    with reading(held.engine) as connection:
        raters = connection.scalars(sa.select(schema.rating.c.rater_id)).all()
        gone = schema.improvement_record.c
        kept = connection.scalars(
            sa.select(gone.person_id).where(gone.module_id == "a-module-long-gone")
        ).all()
    assert pseudonym not in raters
    assert kept == [pseudonym]
    fits = fit_of(before), fit_of(after)
    for name in ("effect", "effect_lower", "untrained", "org_effects"):
        first, second = (getattr(fit, name) for fit in fits)
        np.testing.assert_allclose(second, first, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(fits[1].evidence_count, fits[0].evidence_count)


def test_an_erased_person_is_not_there(held):
    erase(held)
    for use in (erase, export):
        with pytest.raises(NotFoundError, match=r"person\.unknown"):
            use(held)


def test_a_name_that_others_bear_stays_where_nobody_can_say_who_is_meant(held):
    with writing(held.engine) as connection:
        person = schema.person
        connection.execute(person.update().where(person.c.person_id == "00002").values(name=NAME))
    erase(held)
    assert places_of(held, SOMEBODY) == set()
    assert ("plan_comment", "text") in places_of(held, NAME)
    assert ("person", "name") in places_of(held, NAME)


@pytest.mark.parametrize(
    "changes",
    [
        {"upload": b"\x00", "request": {}, "principal": {}},
        {"request": {"people": [SOMEBODY]}, "principal": {}},
        {"request": {}, "principal": {"person_id": SOMEBODY}},
    ],
    ids=["a file nobody has read", "asks for the person", "asked for by the person"],
)
def test_nobody_is_erased_while_a_job_may_bring_the_person_back(held, changes):
    before = dump(held)
    job = {"job_id": "job-3", "kind": "import", "status": "queued", "actor": "key:another"}
    with writing(held.engine) as connection:
        connection.execute(schema.job.insert().values(created_at=NOW, **job, **changes))
    with pytest.raises(ConflictError, match=r"privacy\.open-jobs"):
        erase(held)
    with writing(held.engine) as connection:
        connection.execute(schema.job.delete().where(schema.job.c.job_id == "job-3"))
    assert dump(held) == before
    erase(held)


def test_the_file_of_sqlite_holds_nothing_either(tmp_path):
    file = tmp_path / "library.db"
    with service_on(f"sqlite:///{file}", catalog=TINY) as service:
        fill(service, n_people=8)
        store_somebody(service)

        def content():
            with service.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return file.read_bytes()

        assert SOMEBODY.encode() in content()
        erase(service)
        for word in (SOMEBODY, NAME, json.dumps(NAME)[1:-1]):
            assert word.encode() not in content()


def test_facts_that_come_meanwhile_wait_and_find_nobody(held):
    """Whoever writes about the person at the same time does not bring the person back."""
    outcome = []

    def write_late():
        try:
            with writing(held.engine) as connection:
                connection.execute(
                    schema.shown.insert().values(
                        person_id=SOMEBODY,
                        objective="gap",
                        modules=[{"module_id": "x", "expected_gap_closed": 0.0}],
                        as_of=AS_OF,
                        catalog_digest="",
                        shown_at=NOW,
                    )
                )
        except StoreError as error:
            outcome.append(error.code)

    session = session_of(held)
    with session.writing():
        erase_person(session, SOMEBODY)
        late = Thread(target=write_late)
        late.start()
        late.join(0.5)
        assert late.is_alive()
    late.join(10)
    assert outcome == ["store.reference"]
    assert places_of(held, SOMEBODY, NAME) == set()


# -- single facts --


def delete(service, kind, **key):
    session = session_of(service)
    delete_fact(session, kind, key)


def keys_of(service, kind):
    """Return a key that is stored, of each kind of fact."""
    with reading(service.engine) as connection:
        table = schema.TABLE_OF_KIND[kind]
        row = connection.execute(sa.select(table).where(table.c.person_id == SOMEBODY)).first()
    return {name: row._mapping[name] for name in KINDS[kind].key}


@pytest.mark.parametrize("kind", ["ratings", "exams", "assessments", "enrolments"])
def test_one_wrong_fact_can_be_deleted(held, kind):
    key = keys_of(held, kind)
    before = export(held)
    delete(held, kind, **key)
    after = export(held)
    table = schema.TABLE_OF_KIND[kind].name
    assert len(after[table]) == len(before[table]) - 1
    assert after["person"][0]["version"] == before["person"][0]["version"] + 1
    with pytest.raises(NotFoundError, match=r"fact\.unknown"):
        delete(held, kind, **key)


def test_a_fact_needs_its_whole_key(held):
    key = keys_of(held, "exams")
    del key["subject"]
    with pytest.raises(InputError, match=r"fact\.key"):
        delete(held, "exams", **key)
    with pytest.raises(InputError, match=r"fact\.kind"):
        delete(held, "people", person_id=SOMEBODY)
    with pytest.raises(NotFoundError, match=r"person\.unknown"):
        delete(held, "assessments", **(keys_of(held, "assessments") | {"person_id": "none"}))


def test_who_may_delete_facts(held):
    key = keys_of(held, "assessments")
    for role in (Role.EMPLOYEE, Role.ANALYST):
        who = Principal("key:x", role, PERMISSIONS[role], person_id=SOMEBODY)
        session = session_of(held, who=who)
        with pytest.raises(ForbiddenError):
            delete_fact(session, "assessments", key)


def test_managers_delete_only_their_own_ratings_of_others(held):
    with reading(held.engine) as connection:
        table = schema.rating
        given = connection.execute(sa.select(table).where(table.c.rater_id == SOMEBODY)).all()
    keys = [{name: row._mapping[name] for name in KINDS["ratings"].key} for row in given]
    (own,) = [key for key in keys if key["person_id"] == SOMEBODY]
    (of_another,) = [key for key in keys if key["person_id"] == COLLEAGUE]
    manager = Principal("key:x", Role.MANAGER, PERMISSIONS[Role.MANAGER], person_id=SOMEBODY)
    refused = (
        ("ratings", own),
        ("ratings", of_another | {"rater_id": "K100"}),
        ("assessments", keys_of(held, "assessments")),
        ("exams", keys_of(held, "exams")),
    )
    for kind, key in refused:
        session = session_of(held, who=manager)
        with pytest.raises(ForbiddenError):
            delete_fact(session, kind, key)
    session = session_of(held, who=manager)
    delete_fact(session, "ratings", of_another)


# -- names in texts and documents --


@pytest.mark.parametrize(
    ("text", "blotted"),
    [
        ("P7731", "**"),
        ("工号P7731的计划", "工号**的计划"),
        ("/v1/people/P7731/plans", "/v1/people/**/plans"),
        ("p7731,王伟", "**,**"),
        ("P77310 XP7731 P7731-2", "P77310 XP7731 P7731-2"),
        ("王伟强", "**强"),
        ("nobody", "nobody"),
    ],
)
def test_blotted_texts(text, blotted):
    naming = Naming("P7731", "王伟")
    assert naming.blot(text) == blotted
    assert naming.is_in(text) == (text != blotted)


def test_short_words_are_not_looked_for_in_texts():
    naming = Naming("7", "李")
    assert naming.blot("7 月李") == "7 月李"
    assert naming.without({"rank": "7", "people": ["7", "8"], "note": "第 7 周"}) == {
        "rank": "**",
        "people": ["8"],
        "note": "第 7 周",
    }
    assert Naming("7", None).words == []


def test_a_day_is_no_id():
    assert not Naming("2026", None).is_in("2026-11-01")
    assert dt.date(2026, 11, 1).isoformat() == "2026-11-01"
