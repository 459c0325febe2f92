"""Keys, audit trail and personal data from the command line."""

import datetime as dt
import hashlib
import json
import socket
import sqlite3
import threading
from contextlib import contextmanager

import pytest
from command_line import CHINESE
from organisations import TINY, service_on
from somebody import NAME, SOMEBODY, store_somebody

PERSON = "00001"


def make(call, *words):
    return call("keys", "create", "--label", "a program", *words, "--json").json


def run_sql(call, statement):
    database = sqlite3.connect(call.file)
    with database:
        found = database.execute(statement).fetchall()
    database.close()
    return found


# -- keys --


def test_a_new_key_goes_to_the_output_alone(call):
    found = call("keys", "create", "--label", "LMS", "--role", "admin")
    assert (found.code, found.out.startswith("trk_"), found.out.count("\n")) == (0, True, 1)
    assert CHINESE.search(found.err)
    english = call("keys", "create", "--label", "LMS", "--role", "admin", "--lang", "en")
    assert "only once" in english.err
    assert not CHINESE.search(english.err)


def test_a_key_is_what_was_asked_for(call):
    key = make(
        call,
        *("--role", "manager", "--person", PERSON, "--days", "30"),
        *("--permission", "plans:read", "--permission", "people:read"),
    )
    assert (key["role"], key["person_id"]) == ("manager", PERSON)
    assert sorted(key["permissions"]) == ["people:read", "plans:read"]
    assert "secret_sha256" not in key
    unit = run_sql(call, "SELECT path FROM org_unit ORDER BY path LIMIT 1")[0][0]
    assert make(call, "--role", "hr", "--org-unit", unit)["org_unit"] == unit


def test_a_key_with_more_rights_and_bound_to_networks(call):
    key = make(
        call,
        *("--role", "hr", "--also", "privacy:erase"),
        *("--network", "10.20.0.0/16", "--network", "192.0.2.7"),
    )
    assert "privacy:erase" in key["permissions"]
    assert "people:read" in key["permissions"]
    assert key["networks"] == ["10.20.0.0/16", "192.0.2.7/32"]
    assert "10.20.0.0/16" in call("keys", "list", "--lang", "en").out


def test_a_key_that_waits_is_confirmed(call):
    key = make(call, "--role", "analyst")
    run_sql(
        call,
        "UPDATE api_key SET waits_until = '2199-01-01 00:00:00.000000', created_by = 'key:x' "
        f"WHERE key_id = '{key['key_id']}'",
    )
    assert "unconfirmed" in call("keys", "list", "--lang", "en").out
    assert call("keys", "confirm", key["key_id"], "--json").json["confirmed_by"] == "cli"
    assert "unconfirmed" not in call("keys", "list", "--lang", "en").out


def test_keys_are_listed_with_their_state_and_no_secret(call):
    valid, expired, revoked = (make(call, "--role", "analyst") for _ in range(3))
    run_sql(
        call,
        "UPDATE api_key SET expires_at = '2020-01-01 00:00:00.000000' "
        f"WHERE key_id = '{expired['key_id']}'",
    )
    call("keys", "revoke", revoked["key_id"])
    table = call("keys", "list", "--lang", "en").out
    states = {line.split()[1]: line.split()[-2] for line in table.splitlines() if "analyst" in line}
    assert states == {
        valid["key_id"]: "valid",
        expired["key_id"]: "expired",
        revoked["key_id"]: "revoked",
    }
    listed = call("keys", "list", "--json")
    assert {key["key_id"] for key in listed.json["keys"]} == set(states)
    assert valid["token"] not in listed.out
    assert "sha256" not in listed.out


def test_rotate_and_revoke(call):
    old = make(call, "--role", "admin")
    told = call("keys", "rotate", old["key_id"], "--lang", "en")
    assert told.out.startswith("trk_")
    assert f"the old key {old['key_id']} ends at" in told.err
    new = call("keys", "rotate", old["key_id"], "--json").json
    assert new["role"] == "admin"
    assert new["token"] != old["token"]
    assert call("keys", "revoke", old["key_id"]).code == 0
    assert call("keys", "revoke", old["key_id"], "--json").json["revoked_at"]
    refused = call("keys", "rotate", old["key_id"], "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "keys.ended")


def test_known_problems(call, tmp_path, subtests):
    for words, code in [
        (["keys", "create", "--label", "x", "--role", "employee"], "keys.needs-person"),
        (["keys", "create", "--label", "x", "--role", "admin", "--org-unit", "a"], "keys.no-unit"),
        (["keys", "create", "--label", "x", "--role", "hr", "--org-unit", "a"], "org-unit.unknown"),
        (
            ["keys", "create", "--label", "x", "--role", "hr", "--permission", "keys:write"],
            "keys.permission",
        ),
        (
            ["keys", "create", "--label", "x", "--role", "hr", "--network", "10.0.0.1/8"],
            "keys.network",
        ),
        (["keys", "confirm", "none"], "keys.unknown"),
        (["keys", "rotate", "none"], "keys.unknown"),
        (["keys", "revoke", "none"], "keys.unknown"),
        (["audit", "show", "--person", "nobody"], "person.unknown"),
        (["audit", "show", "--since", "yesterday"], "cli.moment"),
        (["audit", "export", "--since", "yesterday"], "cli.moment"),
        (["audit", "export", "--to", "collector:514"], "audit.collector"),
        (["audit", "export", "--to", "tcp://collector"], "audit.collector"),
        (["audit", "export", "--to", "tcp://collector:99999"], "audit.collector"),
        (["audit", "verify", "--head", "0" * 63 + "1"], "audit.broken"),
        (["privacy", "export", "nobody", "x.json"], "person.unknown"),
        (["privacy", "erase", "nobody", "--yes"], "person.unknown"),
        (["privacy", "erase", PERSON], "privacy.say-yes"),
    ]:
        with subtests.test(words=words, code=code):
            before = call.counts()
            for lang in ("zh-CN", "en"):
                found = call(*words, "--lang", lang)
                assert (found.code, found.out) == (1, "")
                first = found.err.splitlines()[0]
                assert " — " in first
                assert bool(CHINESE.search(first)) == (lang == "zh-CN")
                assert call(*words, "--lang", lang, "--json").json["error"]["code"] == code
            assert call.counts() == before
            assert not list(tmp_path.glob("*.json"))


def test_misuse(call, subtests):
    for words in [
        ["keys", "create", "--role", "admin"],
        ["keys", "create", "--label", "x", "--role", "king"],
        ["keys", "create", "--label", "x", "--role", "hr", "--permission", "all"],
        ["keys", "create", "--label", "x", "--role", "hr", "--days", "0"],
        ["keys", "create", "--label", "x", "--role", "hr", "--days", "100000"],
        ["keys", "create", "--label", "", "--role", "hr"],
        ["keys", "create", "--label", "x" * 201, "--role", "hr"],
        ["keys"],
        ["audit"],
        ["privacy", "export", PERSON],
        ["retention"],
    ]:
        with subtests.test(words=words):
            found = call(*words)
            assert found.code == 2
            assert "Traceback" not in found.err


# -- audit --


def test_a_whole_trail(call):
    make(call, "--role", "admin")
    found = call("audit", "verify", "--json").json
    assert found["entries"] == 1
    assert call("audit", "verify", "--head", found["head"]).code == 0
    assert found["head"] in call("audit", "verify", "--lang", "en").out


def test_a_trail_that_was_changed(call):
    for _ in range(3):
        make(call, "--role", "admin")
    run_sql(call, "UPDATE audit_entry SET actor = 'nobody' WHERE seq = 2")
    found = call("audit", "verify", "--lang", "en")
    assert found.code == 1
    assert "from entry 2 on" in found.err
    assert "the 1 entries before it can be trusted" in found.err
    assert call("audit", "verify", "--json").json["error"]["code"] == "audit.broken"


def test_the_trail_shows_who_looked_at_whom(call):
    call("privacy", "export", PERSON, "person.json")
    call("keys", "list")
    make(call, "--role", "admin")
    about = call("audit", "show", "--person", PERSON, "--json").json["entries"]
    assert [(entry["action"], entry["subjects"]) for entry in about] == [
        ("privacy export", [PERSON])
    ]
    shown = call("audit", "show", "--lang", "en").out
    assert "keys create" in shown
    assert "audit show" in shown
    assert call("audit", "show", "--since", "2100-01-01", "--json").json["entries"] == []
    assert call("audit", "show", "--until", "2020-01-01", "--json").json["entries"] == []
    assert call("audit", "show", "--actor", "key:0", "--json").json["entries"] == []
    of_actor = call("audit", "show", "--actor", "cli", "--until", "2100-01-01", "--json").json
    assert len(of_actor["entries"]) >= 3
    since = call("audit", "show", "--since", "2020-01-01T00:00:00+08:00", "--json").json
    assert len(since["entries"]) >= 3


def lines_of(text):
    """Check lines of JSON against the chain of hashes, which is made of the same spelling."""
    entries, last = [], "0" * 64
    for line in text.splitlines():
        entry = json.loads(line)
        given = {name: value for name, value in entry.items() if name != "hash"}
        spelt = json.dumps(given, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        last = hashlib.sha256((last + spelt).encode()).hexdigest()
        assert entry["hash"] == last
        entries.append(entry)
    return entries


def test_the_trail_as_lines_of_json(call):
    call("privacy", "export", PERSON, "person.json")
    make(call, "--role", "admin")
    found = call("audit", "export", "--lang", "en")
    entries = lines_of(found.out)
    assert [entry["action"] for entry in entries] == ["privacy export", "keys create"]
    # by the code name: a collector keeps its copy when the person is erased here
    assert run_sql(call, "SELECT ref FROM person WHERE person_id = '00001'") == [
        tuple(entries[0]["subjects"])
    ]
    assert "continue with --after 2" in found.err
    make(call, "--role", "admin")
    later = call("audit", "export", "--after", "2").out
    assert [json.loads(line)["seq"] for line in later.splitlines()] == [3]
    assert call("audit", "export", "--after", "3").out == ""
    assert call("audit", "export", "--since", "2100-01-01").out == ""
    assert len(call("audit", "export", "--since", "2020-01-01").out.splitlines()) == 3


def test_the_trail_as_messages_of_syslog(call):
    make(call, "--role", "admin")
    line = call("audit", "export", "--format", "syslog").out.rstrip("\n")
    head, _, message = line.partition("\ufeff")
    priority, at, host, program, process, message_id, structured, rest = head.split(" ")
    # log audit (13), informational (6), version 1
    assert priority == f"<{13 * 8 + 6}>1"
    assert dt.datetime.fromisoformat(at).tzinfo is not None
    assert (program, process, message_id, structured, rest) == (
        *("training-recommender", "-", "keys-create", "-", ""),
    )
    assert host
    assert json.loads(message)["action"] == "keys create"


@contextmanager
def collector(kind):
    """Listen as a collector does, and yield its address and a function that returns what came."""
    with socket.socket(socket.AF_INET, kind) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(60)
        came = []
        if kind is socket.SOCK_STREAM:
            listening.listen()

            def serve():
                connection, _ = listening.accept()
                with connection:
                    while piece := connection.recv(4096):
                        came.append(piece)

            thread = threading.Thread(target=serve)
            thread.start()

            def read():
                thread.join()
                return b"".join(came)
        else:

            def read():
                return listening.recv(65_536)

        yield f"127.0.0.1:{listening.getsockname()[1]}", read


def test_the_trail_sent_to_a_collector(call, subtests):
    for _ in range(3):
        make(call, "--role", "admin")
    with subtests.test("lines over TCP"), collector(socket.SOCK_STREAM) as (address, read):
        told = call("audit", "export", "--to", f"tcp://{address}", "--json")
        assert told.json == {"entries": 3, "last": 3}
        assert len(lines_of(read().decode())) == 3
    with subtests.test("syslog over TCP"), collector(socket.SOCK_STREAM) as (address, read):
        call("audit", "export", "--to", f"tcp://{address}", "--format", "syslog")
        came, messages = read(), []
        while came:
            # octet counting: the length, a space, the message
            length, _, came = came.partition(b" ")
            messages.append(came[: int(length)])
            came = came[int(length) :]
        assert [message.startswith(b"<110>1 ") for message in messages] == [True] * 3
    with subtests.test("syslog over UDP"), collector(socket.SOCK_DGRAM) as (address, read):
        call("audit", "export", "--to", f"udp://{address}", "--format", "syslog")
        assert [read().startswith(b"<110>1 ") for _ in range(3)] == [True] * 3


def test_a_collector_that_is_not_there(call):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        found = call("audit", "export", "--to", address, "--lang", "en")
    assert (found.code, found.out) == (1, "")
    assert address in found.err


# -- personal data --


@pytest.fixture
def held(call):
    with service_on(call.url, catalog=TINY) as service:
        store_somebody(service)
    return call


def test_export(held, tmp_path):
    told = held("privacy", "export", SOMEBODY, "folder/person.json", "--json")
    assert told.json["rows"]["exam_result"] == 1
    written = json.loads((tmp_path / "folder" / "person.json").read_text(encoding="utf-8"))
    sections = {section["name"]: section["rows"] for section in written["sections"]}
    assert sections["person"][0]["name"] == NAME
    assert told.json["rows"] == {name: len(rows) for name, rows in sections.items()}


def test_erase(held):
    found = held("privacy", "erase", SOMEBODY, "--yes", "--json")
    assert found.json["rows"]["exam_result"] == 1
    assert held("gaps", SOMEBODY).code == 1
    assert held("privacy", "erase", SOMEBODY, "--yes").code == 1
    assert held("audit", "verify").code == 0


def test_retention(held):
    due = held("retention", "run", "--dry-run", "--json").json
    assert due["due"]["exam_result"] == 0
    days = {"RECOMMENDER_KEEP_ASSESSMENTS_MONTHS": "1", "RECOMMENDER_KEEP_JOBS_DAYS": "1"}
    table = held("retention", "run", "--dry-run", "--lang", "en", **days).out
    assert "answers kept for a short time" in table
    soon = held("retention", "run", "--dry-run", "--json", **days).json
    assert soon["due"]["job"] == 2
    assert soon["older_than"]["job"] > due["older_than"]["job"]
    assert held("retention", "run", "--json", **days).json["deleted"]["job"] == 2
    assert held("retention", "run", "--json", **days).json["deleted"]["job"] == 0
    assert "0 " in held("retention", "run", "--lang", "en", **days).out
