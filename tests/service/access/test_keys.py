"""API keys: what they allow, for how long, and that nobody can read one back."""

import datetime as dt
import hashlib
from dataclasses import replace

import pytest
import sqlalchemy as sa
from asking import session_of
from organisations import TINY, fill, service_on

from recommender.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from recommender.service.access.keys import (
    LIFETIME_DAYS,
    KeyRequest,
    check_token,
    confirm_key,
    create_key,
    get_keys,
    is_valid,
    issue_first_key,
    principal_of,
    revoke_key,
    rotate_key,
)
from recommender.service.permissions import PERMISSIONS, Permission, Principal, Role
from recommender.store import NO_ONE, Scope, read_counters, reading, schema, writing

PERSON = "00001"
UNIT = "东区示例分公司"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    file = tmp_path_factory.mktemp("keys") / "keys.db"
    with service_on(f"sqlite:///{file}", catalog=TINY) as service:
        fill(service, n_people=8)
        yield service


@pytest.fixture
def service(filled):
    """A service without keys."""
    with writing(filled.engine) as connection:
        connection.execute(schema.api_key.delete())
        connection.execute(schema.audit_entry.delete())
        connection.execute(schema.audit_head.update().values(seq=0, hash="0" * 64))
    return filled


def make(service, role=Role.ADMIN, **request):
    session = session_of(service)
    wanted = KeyRequest("a program", Role(role), **request)
    return create_key(session, wanted)


def check(service, token):
    with reading(service.engine) as connection:
        return check_token(connection, token)


def do(service, use, *args, **changes):
    return use(session_of(service), *args, **changes)


def now():
    return dt.datetime.now(dt.UTC)


def test_a_key_speaks_for_its_role(service):
    made = make(service)
    found = check(service, made.token)
    assert found == made.key
    principal = principal_of(found)
    assert principal.actor == f"key:{made.key.key_id}"
    assert (principal.role, principal.permissions) == (Role.ADMIN, PERMISSIONS[Role.ADMIN])
    assert is_valid(found, now())
    assert found.expires_at - found.created_at == dt.timedelta(days=LIFETIME_DAYS)


@pytest.mark.parametrize(
    ("role", "request_", "scope"),
    [
        ("employee", {"person_id": PERSON}, Scope(person_id=PERSON)),
        ("manager", {"person_id": PERSON}, Scope(person_id=PERSON, reports_of=PERSON)),
        ("hr", {"org_unit": f" {UNIT} / "}, Scope(org_unit=UNIT)),
        ("hr", {}, Scope(everyone=True)),
        ("analyst", {}, NO_ONE),
        ("admin", {}, Scope(everyone=True)),
    ],
)
def test_whose_rows_a_key_may_see(service, role, request_, scope):
    assert principal_of(make(service, role, **request_).key).scope == scope


def test_a_key_may_have_fewer_rights_than_its_role(service):
    made = make(service, "hr", permissions=[Permission.IMPORT])
    principal = principal_of(check(service, made.token))
    assert principal.permissions == {Permission.IMPORT}
    principal.need(Permission.IMPORT)
    with pytest.raises(ForbiddenError):
        principal.need(Permission.READ_PEOPLE)
    assert principal_of(make(service, "hr", permissions=[]).key).permissions == frozenset()


def test_hr_exports_and_erases_only_where_it_was_granted_by_name(service):
    both = {Permission.EXPORT_PERSON, Permission.ERASE_PERSON}
    plain = principal_of(make(service, "hr").key)
    assert not plain.permissions & both
    more = principal_of(make(service, "hr", also=[*both]).key)
    assert more.permissions == plain.permissions | both
    one = principal_of(make(service, "hr", permissions=[Permission.EXPORT_PERSON]).key)
    assert one.permissions == {Permission.EXPORT_PERSON}


def test_from_where_a_key_is_accepted(service, subtests):
    bound = principal_of(make(service, networks=["10.20.0.0/16", "192.0.2.7", "2001:DB8::/32"]).key)
    assert list(bound.networks) == ["10.20.0.0/16", "192.0.2.7/32", "2001:db8::/32"]
    for address, accepted in [
        ("10.20.255.1", True),
        ("10.21.0.1", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("::ffff:10.20.0.1", True),
        ("::ffff:10.21.0.1", False),
        ("testclient", False),
        ("", False),
        (None, False),
    ]:
        with subtests.test(address=address):
            assert bound.may_come_from(address) == accepted
            assert principal_of(make(service).key).may_come_from(address)
    for network in ("10.20.0.1/16", "10.0.0.0/33", "300.0.0.0/8", "intranet", ""):
        with subtests.test(network=network), pytest.raises(InputError, match=r"keys\.network"):
            make(service, networks=[network])


def test_and_never_more(service):
    with pytest.raises(InputError, match=r"keys\.permission"):
        make(service, "hr", permissions=[Permission.IMPORT, Permission.MANAGE_KEYS])
    # also where the role lost a right since the key was made
    key = replace(make(service).key, role="analyst", permissions=["keys:write", "models:read"])
    assert principal_of(key).permissions == {Permission.READ_MODELS}


@pytest.mark.parametrize(
    ("role", "request_", "error", "code"),
    [
        ("employee", {}, InputError, "keys.needs-person"),
        ("manager", {}, InputError, "keys.needs-person"),
        ("admin", {"org_unit": UNIT}, InputError, "keys.no-unit"),
        ("employee", {"person_id": "nobody"}, NotFoundError, "person.unknown"),
        ("hr", {"org_unit": "无此单位"}, NotFoundError, "org-unit.unknown"),
    ],
)
def test_keys_that_cannot_be(service, role, request_, error, code):
    with pytest.raises(error) as caught:
        make(service, role, **request_)
    assert caught.value.code == code
    with reading(service.engine) as connection:
        assert not connection.scalar(sa.select(sa.func.count()).select_from(schema.api_key))


def test_of_a_secret_only_the_hash_is_stored(service):
    made = make(service)
    secret = made.token.split("_", 2)[2]
    with reading(service.engine) as connection:
        cells = [
            str(cell)
            for table in schema.metadata.sorted_tables
            for row in connection.execute(sa.select(table))
            for cell in row
        ]
    assert not any(secret in cell for cell in cells)
    assert hashlib.sha256(secret.encode()).hexdigest() in cells


def test_what_is_no_key(service):
    token = make(service).token
    other = make(service).token
    wrong = [
        "",
        token[:-1],
        token + "x",
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        f" {token}",
        token.replace("trk_", "TRK_"),
        "trk_" + "0" * 12 + token[16:],
        token[:16] + other[16:],
        token + "\n",
    ]
    assert [check(service, text) for text in wrong] == [None] * len(wrong)


def test_a_key_ends_when_it_expires(service):
    key = make(service, days=1).key
    assert is_valid(key, key.expires_at - dt.timedelta(seconds=1))
    assert not is_valid(key, key.expires_at)


def test_a_key_that_is_revoked_ends_at_once(service):
    made = make(service)
    with reading(service.engine) as connection:
        before = read_counters(connection)["access"]
    revoked = do(service, revoke_key, made.key.key_id)
    assert not is_valid(check(service, made.token), now())
    with reading(service.engine) as connection:
        assert read_counters(connection)["access"] > before
    again = do(service, revoke_key, made.key.key_id)
    assert again.revoked_at == revoked.revoked_at


def test_a_rotated_key_goes_on_for_a_day(service):
    old = make(service, "manager", person_id=PERSON, permissions=[Permission.READ_PLANS], days=400)
    new = do(service, rotate_key, old.key.key_id)
    assert new.token != old.token
    rights = ("role", "person_id", "org_unit", "permissions", "label")
    assert all(getattr(new.key, name) == getattr(old.key, name) for name in rights)
    assert new.key.expires_at - new.key.created_at == dt.timedelta(days=400)
    ends = check(service, old.token).expires_at
    assert dt.timedelta(hours=23) < ends - now() <= dt.timedelta(hours=24)
    assert is_valid(check(service, new.token), now())


def test_rotation_makes_no_key_live_longer(service):
    old = make(service)
    soon = now() + dt.timedelta(hours=1)
    with writing(service.engine) as connection:
        connection.execute(schema.api_key.update().values(expires_at=soon))
    do(service, rotate_key, old.key.key_id)
    assert check(service, old.token).expires_at == soon


def test_a_key_that_ended_is_not_rotated(service):
    made = make(service)
    do(service, revoke_key, made.key.key_id)
    with pytest.raises(ConflictError, match=r"keys\.ended"):
        do(service, rotate_key, made.key.key_id)
    for use in (rotate_key, revoke_key):
        with pytest.raises(NotFoundError, match=r"keys\.unknown"):
            do(service, use, "none")


def test_keys_are_listed_a_page_at_a_time(service):
    ids = sorted(make(service).key.key_id for _ in range(5))
    first = do(service, get_keys, after="", limit=3)
    rest = do(service, get_keys, after=first[-1].key_id, limit=3)
    assert [key.key_id for key in (*first, *rest)] == ids


def test_only_who_may_manage_keys_does(service):
    made = make(service)
    for role in set(Role) - {Role.ADMIN, Role.ACCESS_ADMIN}:
        who = Principal("key:x", role, PERMISSIONS[role], person_id=PERSON)
        session = session_of(service, who=who)
        uses = [
            lambda s=session: create_key(s, KeyRequest("more", Role.ADMIN)),
            lambda s=session: rotate_key(s, made.key.key_id),
            lambda s=session: confirm_key(s, made.key.key_id),
            lambda s=session: revoke_key(s, made.key.key_id),
            lambda s=session: get_keys(s, after="", limit=1),
        ]
        for use in uses:
            with pytest.raises(ForbiddenError):
                use()


def test_the_first_key_is_made_once(service):
    first = do(service, issue_first_key)
    assert principal_of(check(service, first.token)).role is Role.ADMIN
    assert do(service, issue_first_key) is None
    do(service, revoke_key, first.key.key_id)
    assert do(service, issue_first_key) is None


def test_the_trail_says_which_key_was_made(service):
    made = make(service)
    with reading(service.engine) as connection:
        (entry,) = connection.execute(sa.select(schema.audit_entry)).all()
    assert entry.details == {"key_id": made.key.key_id, "key_role": "admin"}
