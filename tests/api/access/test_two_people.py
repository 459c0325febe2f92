"""What takes two people: making a key, and erasing somebody. And whom that concerns."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from serving import COLLEAGUE, EMPLOYEE, MANAGER, UNIT, serve

from recommender.service.permissions import Permission
from recommender.store import reading, schema, writing

PROBLEM = "urn:training-recommender:problem:"
LEAVER = "00015"


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """An installation where it takes two, and that notices who reads more than three people."""
    folder = tmp_path_factory.mktemp("strict")
    url = f"sqlite:///{folder / 'served.db'}"
    with serve(url, folder, two_person=True, mass_read_people=3) as running:
        yield running


def with_key(served, token, **more):
    return served.client(None, Authorization=f"Bearer {token}", **more)


def made_by(client, **body):
    answered = client.post("/v1/api-keys", json={"label": "x", "role": "analyst", **body})
    assert answered.status_code == 201, answered.text
    return answered.json()


def confirm(client, key):
    return client.post(f"/v1/api-keys/{key['key_id']}/confirmation")


def told(answered):
    return answered.status_code, answered.json()["type"].removeprefix(PROBLEM)


def opens(served, key):
    return with_key(served, key["token"]).get("/v1/me").status_code == 200


def entries(served, action):
    found = served.client("auditor").get(f"/v1/audit?limit=200&action={action}")
    return found.json()["items"]


# -- keys --


def test_a_key_opens_nothing_until_somebody_else_has_confirmed_it(strict):
    admin, second = strict.client("admin"), strict.client("access-admin")
    key = made_by(admin)
    assert not opens(strict, key)
    made = dt.datetime.fromisoformat(key["created_at"])
    assert dt.datetime.fromisoformat(key["waits_until"]) - made == dt.timedelta(hours=72)
    assert told(confirm(admin, key)) == (403, "access.second-person")
    assert not opens(strict, key)
    confirmed = confirm(second, key)
    assert confirmed.status_code == 200
    assert confirmed.json()["waits_until"] is None
    assert confirmed.json()["confirmed_by"] != confirmed.json()["created_by"]
    assert "token" not in confirmed.json()
    assert opens(strict, key)
    assert told(confirm(second, key)) == (409, "keys.not-waiting")
    details = [entry["details"] for entry in entries(strict, "confirm_api_key")]
    (mine,) = (each for each in details if each["key_id"] == key["key_id"])
    assert mine == {"key_id": key["key_id"], "asked_by": key["created_by"]}


def test_an_administrator_of_access_is_never_alone(served):
    """Also where the installation does not want two: the role could take any right otherwise."""
    key = made_by(served.client("access-admin"), role="admin")
    assert not opens(served, key)
    assert confirm(served.client("admin"), key).status_code == 200
    assert opens(served, key)
    assert opens(served, made_by(served.client("admin")))


def test_a_key_that_was_not_confirmed_in_time(strict):
    key = made_by(strict.client("admin"))
    with writing(strict.app.state.server.installation.engine) as connection:
        table = schema.api_key
        past = dt.datetime.now(dt.UTC)
        connection.execute(
            table.update().where(table.c.key_id == key["key_id"]).values(waits_until=past)
        )
    assert told(confirm(strict.client("access-admin"), key)) == (409, "keys.not-waiting")
    assert not opens(strict, key)


def test_a_key_that_was_revoked_is_not_confirmed(strict):
    key = made_by(strict.client("admin"))
    second = strict.client("access-admin")
    assert second.delete(f"/v1/api-keys/{key['key_id']}").status_code == 204
    assert told(confirm(second, key)) == (409, "keys.not-waiting")


def test_a_rotated_key_waits_and_the_old_one_goes_on(strict):
    admin, second = strict.client("admin"), strict.client("access-admin")
    old = {"token": strict.key("analyst")}
    old["key_id"] = old["token"][4:16]
    before = admin.get(f"/v1/api-keys/{old['key_id']}").json()
    new = admin.post(f"/v1/api-keys/{old['key_id']}/rotation").json()
    assert new["replaces"] == old["key_id"]
    assert (opens(strict, old), opens(strict, new)) == (True, False)
    unchanged = admin.get(f"/v1/api-keys/{old['key_id']}").json()
    assert unchanged["expires_at"] == before["expires_at"]
    assert confirm(second, new).status_code == 200
    assert (opens(strict, old), opens(strict, new)) == (True, True)
    ends = admin.get(f"/v1/api-keys/{old['key_id']}").json()["expires_at"]
    assert ends < before["expires_at"]


def test_a_rotation_of_a_key_that_has_ended_is_not_confirmed(strict):
    admin, second = strict.client("admin"), strict.client("access-admin")
    old = strict.key("analyst")[4:16]
    new = admin.post(f"/v1/api-keys/{old}/rotation").json()
    assert second.delete(f"/v1/api-keys/{old}").status_code == 204
    assert told(confirm(second, new)) == (409, "keys.ended")


def test_one_person_with_two_keys_is_not_two(strict, subtests):
    """Whoever makes a key sees it, and could use it to confirm what they ask for."""
    admin, second = strict.client("admin"), strict.client("access-admin")
    child = made_by(admin, role="access-admin")
    assert confirm(second, child).status_code == 200
    grandchild = made_by(with_key(strict, child["token"]), role="access-admin")
    assert confirm(second, grandchild).status_code == 200
    mine = strict.keys["admin"][4:16]
    rotated = admin.post(f"/v1/api-keys/{mine}/rotation").json()
    assert confirm(second, rotated).status_code == 200
    again = admin.post(f"/v1/api-keys/{mine}/rotation").json()
    assert confirm(second, again).status_code == 200
    hands = {
        "first": admin,
        "made by it": with_key(strict, child["token"]),
        "made by that": with_key(strict, grandchild["token"]),
        "rotated": with_key(strict, rotated["token"]),
        "rotated again": with_key(strict, again["token"]),
    }
    for asking in hands:
        key = made_by(hands[asking])
        for confirming in hands:
            with subtests.test(asking=asking, confirming=confirming):
                refused = confirm(hands[confirming], key)
                assert told(refused) == (403, "access.second-person")
        assert confirm(second, key).status_code == 200


def test_the_command_line_needs_nobody(strict):
    assert opens(strict, {"token": strict.key("analyst")})


# -- erasure --


def data_protection(served, **more):
    token = served.key("hr", org_unit=UNIT, also=[Permission.ERASE_PERSON], **more)
    return with_key(served, token)


def erase(client, person_id):
    return client.post(f"/v1/people/{person_id}/erasure", json={"confirm": person_id})


def is_there(served, person_id):
    with reading(served.app.state.server.installation.engine) as connection:
        person = schema.person.c
        query = sa.select(person.person_id).where(person.person_id == person_id)
        return connection.scalar(query) is not None


def test_two_people_erase_a_third(strict):
    first, second = data_protection(strict), data_protection(strict)
    before = len(entries(strict, "erase_person"))
    asked = erase(first, LEAVER)
    assert (asked.status_code, asked.json()["rows"]) == (202, {})
    again = erase(first, LEAVER)
    assert (again.status_code, again.json()) == (202, asked.json())
    assert is_there(strict, LEAVER)
    erased = erase(second, LEAVER)
    assert (erased.status_code, erased.json()["waits_until"]) == (200, None)
    assert erased.json()["rows"]["rating"] > 0
    assert not is_there(strict, LEAVER)
    details = [entry["details"] for entry in entries(strict, "erase_person")[before:]]
    assert [found.get("stage") for found in details] == ["asked", "asked", None]
    assert details[2]["asked_by"].startswith("key:")


def test_an_erasure_nobody_else_asked_for_in_time_begins_anew(strict):
    first, second = data_protection(strict), data_protection(strict)
    assert erase(first, COLLEAGUE).status_code == 202
    with writing(strict.app.state.server.installation.engine) as connection:
        person = schema.person
        past = dt.datetime.now(dt.UTC) - dt.timedelta(hours=73)
        connection.execute(
            person.update().where(person.c.person_id == COLLEAGUE).values(erasure_asked_at=past)
        )
    assert erase(second, COLLEAGUE).status_code == 202
    assert is_there(strict, COLLEAGUE)


def test_two_keys_of_one_person_do_not_erase(strict):
    keys = [data_protection(strict, person_id=MANAGER) for _ in range(2)]
    assert erase(keys[0], "00021").status_code == 202
    assert told(erase(keys[1], "00021")) == (403, "access.second-person")
    assert is_there(strict, "00021")


# -- networks --


def test_a_key_is_refused_outside_of_its_networks(served, caplog):
    key = made_by(served.client("admin"), networks=["10.20.0.0/16"])
    assert key["networks"] == ["10.20.0.0/16"]
    inside = with_key(served, key["token"], address="10.20.3.4")
    assert inside.get("/v1/me").status_code == 200
    outside = with_key(served, key["token"], address="10.21.3.4")
    refused = outside.get("/v1/me")
    assert told(refused) == (403, "access.network")
    assert "10.21.3.4" in refused.json()["detail"]
    # the log says whose key it was: it may have been stolen
    assert f"key:{key['key_id']}" in caplog.text
    # and whoever tries it on is slowed down, as with wrong keys
    assert {outside.get("/v1/me").status_code for _ in range(70)} == {403, 429}
    assert inside.get("/v1/me").status_code == 200


def test_networks_that_are_none(served, subtests):
    for networks in (["10.20.0.1/16"], ["10.0.0.0/40"], ["intranet"], [], [""], "10.0.0.0/8"):
        with subtests.test(networks=networks):
            body = {"label": "x", "role": "analyst", "networks": networks}
            refused = served.client("admin").post("/v1/api-keys", json=body)
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["pointer"].startswith("#/networks")


# -- mass reads --


def test_reading_very_many_people_is_noticed_once(strict, caplog):
    def alarms():
        return [
            record
            for record in caplog.records
            if isinstance(record.msg, dict) and record.msg.get("event") == "mass-read"
        ]

    hr = strict.client("hr")
    actor = hr.get("/v1/me").json()["actor"]
    for person in (EMPLOYEE, MANAGER, COLLEAGUE, EMPLOYEE):
        assert hr.get(f"/v1/people/{person}").status_code == 200
    assert alarms() == []
    for person in ("00025", "00001"):
        assert hr.get(f"/v1/people/{person}").status_code == 200
    (alarm,) = alarms()
    assert alarm.levelname == "WARNING"
    assert (alarm.msg["actor"], alarm.msg["more_than"]) == (actor, 3)
    (entry,) = entries(strict, "mass-read")
    assert (entry["actor"], entry["subjects"]) == (actor, [])
    assert entry["details"] == {"more_than": 3, "within_minutes": 60}
    assert strict.client("auditor").get("/v1/audit/verification").json()["broken_at"] is None
