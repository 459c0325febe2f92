"""Signing in: who gets in, how long, what is told to who does not, and who is thrown out when."""

import datetime as dt

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from asking import session_of
from organisations import AS_OF, TINY, fill

from recommender.errors import ForbiddenError, InputError, NotFoundError
from recommender.service.access.signing_in import browsers, entering, passwords
from recommender.service.access.signing_in.accounts import (
    ENTER,
    RESET,
    AccountRequest,
    change_account,
    create_account,
    disable_account,
    enable_account,
    make_link,
)
from recommender.service.access.signing_in.browsers import (
    get_sessions,
    identify_browser,
    sign_out,
    sign_out_everywhere,
)
from recommender.service.access.signing_in.entering import enter_as, enter_by_link, sign_in
from recommender.service.access.signing_in.passwords import check_password, hash_password
from recommender.service.installation import Installation
from recommender.service.permissions import PERMISSIONS, Permission, Principal, Role
from recommender.service.views.actors import name_actors
from recommender.settings import Settings
from recommender.store import change_account_row, list_entries, reading, schema, writing
from recommender.store.access.keys import read_actor_names

PERSON = "00001"
RIGHT, WRONG = "three blue teapots", "three red teapots"
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signing-in")
    installation = Installation(
        Settings(
            database=f"sqlite:///{folder}/x.db", models=folder / "m", catalog=TINY, as_of=AS_OF
        )
    )
    fill(installation.current(0), n_people=8)
    yield installation
    installation.close()


@pytest.fixture
def installation(opened):
    """An installation without accounts, and with an empty audit trail."""
    with writing(opened.engine) as connection:
        for table in (schema.sign_in_link, schema.browser_session, schema.account):
            connection.execute(table.delete())
        connection.execute(schema.audit_entry.delete())
        connection.execute(schema.audit_head.update().values(seq=0, hash="0" * 64))
        connection.execute(schema.person.update().values(left_on=None))
    return opened


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Hash passwords in no time."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", quick)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def later(monkeypatch):
    """Let time pass for whoever asks for the time when somebody signs in or asks for a page."""
    passed = dt.timedelta()

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return dt.datetime.now(tz) + passed

    class Moments:
        def __getattr__(self, name):
            return Clock if name == "datetime" else getattr(dt, name)

    for module in (browsers, entering):
        monkeypatch.setattr(module, "dt", Moments())

    def let_pass(**span):
        nonlocal passed
        passed += dt.timedelta(**span)

    return let_pass


@pytest.fixture
def hashed(monkeypatch):
    """Count how often a password is hashed or compared, which is what takes time."""
    calls = []
    hasher = passwords._HASHER
    passwords._nobodys()  # made once for a process

    class Counting:
        def __getattr__(self, name):
            calls.append(name)
            return getattr(hasher, name)

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    return calls


def make(installation, login="wang", role=Role.HR, password=RIGHT, **request):
    session = session_of(installation.current(0))
    account = create_account(session, AccountRequest(login, "王敏", role, **request))
    if password:
        with writing(installation.engine) as connection:
            kept = hash_password(password)
            change_account_row(connection, account.account_id, password_hash=kept)
    return account.account_id


def who(installation, token):
    return identify_browser(installation, token)[1]


def do(installation, use, *args, **options):
    return use(session_of(installation.current(0)), *args, **options)


def refused(installation, login="wang", password=WRONG):
    with pytest.raises(ForbiddenError) as caught:
        sign_in(installation, login, password)
    return caught.value.code, caught.value.values


def entries(installation):
    with reading(installation.engine) as connection:
        found = list_entries(connection, limit=1000)
    return [(entry.action, entry.actor, entry.details) for entry in found]


def test_accounts_are_called_by_login_where_they_are_managed_and_by_name_elsewhere(installation):
    actor = f"account:{make(installation, password=None)}"
    with reading(installation.engine) as connection:
        assert read_actor_names(connection, {actor, "cli"}) == {actor: "wang"}
    name = do(installation, name_actors, [actor, "cli", "account:gone", None])
    assert [name(each) for each in (actor, "account:gone", None)] == ["王敏", "account:gone", ""]
    assert name("cli") == "命令行"


# -- who is signed in --


def test_who_signs_in_is_the_principal_of_a_key_of_the_role(installation, subtests):
    for role, rights in (
        (Role.HR, {"org_unit": "东区示例分公司"}),
        (Role.MANAGER, {"person_id": PERSON}),
        (Role.ADMIN, {}),
    ):
        with subtests.test(role=role):
            number = make(installation, login=role.value, role=role, **rights)
            found = who(installation, sign_in(installation, role.value, RIGHT))
            assert found.who == Principal(f"account:{number}", role, PERMISSIONS[role], **rights)
            assert (found.name, found.account_id) == ("王敏", number)


def test_an_account_may_have_fewer_rights_than_its_role(installation):
    make(installation, permissions=[Permission.IMPORT])
    assert who(installation, sign_in(installation, "wang", RIGHT)).who.permissions == {
        Permission.IMPORT
    }


def test_a_login_is_the_same_in_capitals_and_full_width_letters(installation):
    make(installation, login=" Wang.Min ")
    for login in ("wang.min", "WANG.MIN ", "ｗａｎｇ．ｍｉｎ"):
        assert who(installation, sign_in(installation, login, RIGHT))


def test_nobody_is_behind_a_token_that_was_never_given(installation):
    make(installation)
    token = sign_in(installation, "wang", RIGHT)
    for other in (None, "", "x" * 43, token[:-1], token + "x", browsers.hash_token(token)):
        assert who(installation, other) is None


def test_every_sign_in_has_a_token_of_its_own_and_ends_the_one_the_browser_had(installation):
    make(installation)
    first = sign_in(installation, "wang", RIGHT)
    second = sign_in(installation, "wang", RIGHT, instead_of=first)
    assert who(installation, first) is None
    assert who(installation, second).csrf
    third = sign_in(installation, "wang", RIGHT)
    assert who(installation, second)
    assert who(installation, third)
    tokens = {who(installation, token).csrf for token in (second, third)}
    assert len(tokens) == 2


def test_a_database_that_is_read_tells_no_token(installation):
    make(installation)
    token = sign_in(installation, "wang", RIGHT)
    link = do(installation, make_link, make(installation, "li"), RESET)
    with reading(installation.engine) as connection:
        for table in (schema.browser_session, schema.sign_in_link, schema.account):
            text = str(connection.execute(sa.select(table)).all())
            assert token not in text
            assert link not in text
            assert RIGHT not in text


# -- how long --


def test_a_browser_that_asks_for_nothing_is_signed_out(installation, later):
    make(installation)
    token = sign_in(installation, "wang", RIGHT)
    for _ in range(3):
        later(minutes=59)
        assert who(installation, token)
    later(minutes=60)
    assert who(installation, token) is None


def test_and_every_browser_in_the_end(installation, later):
    make(installation)
    token = sign_in(installation, "wang", RIGHT)
    for _ in range(23):
        later(minutes=31)
        assert who(installation, token)
    later(minutes=8)
    assert who(installation, token) is None


def test_that_a_browser_was_seen_is_written_once_a_minute(installation, later, monkeypatch):
    make(installation)
    token = sign_in(installation, "wang", RIGHT)
    written = []
    touch = browsers.touch_session
    monkeypatch.setattr(
        browsers, "touch_session", lambda *args: (written.append(args), touch(*args))
    )
    for _ in range(10):
        later(seconds=25)
        assert who(installation, token)
    assert len(written) == 3


# -- who is thrown out --


def test_signing_out_ends_this_browser_or_all_of_them(installation):
    make(installation)
    tokens = [sign_in(installation, "wang", RIGHT) for _ in range(4)]
    me = who(installation, tokens[0])
    session = session_of(installation.current(0), who=me.who)
    assert len(get_sessions(session)) == 4
    sign_out(session, me.token_hash)
    assert [bool(who(installation, token)) for token in tokens] == [False, True, True, True]
    kept = who(installation, tokens[1])
    assert sign_out_everywhere(session_of(installation.current(0), who=me.who), but=kept.token_hash)
    assert [bool(who(installation, token)) for token in tokens] == [False, True, False, False]


def test_nobody_signs_another_out(installation):
    make(installation)
    make(installation, "li")
    token, other = (sign_in(installation, login, RIGHT) for login in ("wang", "li"))
    me = who(installation, token)
    session = session_of(installation.current(0), who=me.who)
    sign_out(session, who(installation, other).token_hash)
    sign_out_everywhere(session)
    assert who(installation, other)


def test_who_is_disabled_or_given_another_role_is_thrown_out_at_once(installation):
    number = make(installation)
    token = sign_in(installation, "wang", RIGHT)
    request = AccountRequest("wang", "王敏", Role.ANALYST)
    assert who(installation, token)
    do(installation, change_account, number, request)
    assert who(installation, token) is None
    token = sign_in(installation, "wang", RIGHT)
    assert who(installation, token).who.role is Role.ANALYST
    do(installation, disable_account, number)
    assert who(installation, token) is None
    refused(installation, password=RIGHT)
    do(installation, enable_account, number)
    assert sign_in(installation, "wang", RIGHT)


def test_who_has_left_is_thrown_out_within_a_minute_and_does_not_come_back(installation, later):
    make(installation, role=Role.MANAGER, person_id=PERSON)
    token = sign_in(installation, "wang", RIGHT)
    with writing(installation.engine) as connection:
        connection.execute(
            schema.person.update().where(schema.person.c.person_id == PERSON).values(left_on=AS_OF)
        )
    later(minutes=1)
    assert who(installation, token) is None
    refused(installation, password=RIGHT)
    person = Principal("token:x", Role.MANAGER, PERMISSIONS[Role.MANAGER], person_id=PERSON)
    with pytest.raises(ForbiddenError):
        enter_as(installation, person, name="王敏")


# -- what is told to who does not get in --


def test_all_that_are_refused_are_told_the_same_after_the_same_work(installation, hashed):
    number = make(installation, "disabled")
    do(installation, disable_account, number)
    make(installation, "no-password", password=None)
    make(installation, "locked")
    for _ in range(entering.FREE_FAILURES):
        refused(installation, "locked")
    make(installation, "wrong")
    told = set()
    for login, password in (
        ("nobody", RIGHT),
        ("wrong", WRONG),
        ("disabled", RIGHT),
        ("no-password", RIGHT),
        ("locked", RIGHT),
        ("locked", WRONG),
        ("", ""),
        ("x" * 10_000, "y" * 10_000),
    ):
        hashed.clear()
        code, values = refused(installation, login, password)
        told.add((code, str(values)))
        assert [call for call in hashed if call in ("verify", "hash")] == ["verify"], login
    assert told == {("sign-in.refused", "{}")}


def test_the_trail_says_why_and_names_no_login_that_does_not_exist(installation):
    number = make(installation)
    refused(installation, "my password by mistake")
    refused(installation)
    sign_in(installation, "wang", RIGHT)
    assert entries(installation)[1:] == [
        ("sign-in-refused", "visitor", {"reason": "unknown"}),
        ("sign-in-refused", "visitor", {"reason": "password", "account": number}),
        ("sign-in", f"account:{number}", {"how": "password"}),
    ]


def test_wrong_passwords_lock_the_account_longer_and_longer(installation, later):
    make(installation)
    make(installation, "li")
    for _ in range(entering.FREE_FAILURES - 1):
        refused(installation)
    sign_in(installation, "wang", RIGHT)  # begins to count anew
    for _ in range(entering.FREE_FAILURES):
        refused(installation)
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        later(seconds=minutes * 60 - 5)
        refused(installation, password=RIGHT)  # neither let in nor counted
        refused(installation)
        later(seconds=5)
        refused(installation)
    assert sign_in(installation, "li", RIGHT)
    later(minutes=60)
    assert sign_in(installation, "wang", RIGHT)


# -- one-time links --


def test_a_link_signs_in_once(installation, later):
    number = make(installation, password=None)
    link = do(installation, make_link, number, ENTER)
    assert who(installation, enter_by_link(installation, link)).who.actor == f"account:{number}"
    expired = do(installation, make_link, number, ENTER)
    replaced, of_disabled = expired, make(installation, "li")
    other_purpose = do(installation, make_link, number, RESET)
    expired = do(installation, make_link, number, ENTER)
    disabled = do(installation, make_link, of_disabled, ENTER)
    do(installation, disable_account, of_disabled)
    later(hours=1)
    for bad in (link, replaced, other_purpose, expired, disabled, "", "x" * 43):
        with pytest.raises(NotFoundError, match=r"sign-in\.link-ended"):
            enter_by_link(installation, bad)


# -- passwords --


def test_which_passwords_are_taken(subtests):
    for password in (RIGHT, "三把蓝色的茶壶放在窗台上面", "x7!Kd0_pQz2w", "wang likes blue tea"):
        with subtests.test(password=password):
            check_password(password, login="wang")
    for password in (
        "short1!",
        "三把蓝色的茶壶",
        "x" * 201,
        "aaaaaaaaaaaa",
        "abababababab",
        "Password-1234",
        "1qaz 2wsx 3edc",
        "administrator",
        "wangwangwang1",
        "ｐａｓｓｗｏｒｄ１２３４",
    ):
        with subtests.test(password=password), pytest.raises(InputError, match="password"):
            check_password(password, login="wang")


def test_a_password_that_was_kept_by_older_rules_is_kept_anew(installation):
    number = make(installation)
    with writing(installation.engine) as connection:
        old = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(RIGHT)
        change_account_row(connection, number, password_hash=old)
    sign_in(installation, "wang", RIGHT)
    with reading(installation.engine) as connection:
        kept = connection.scalar(sa.select(schema.account.c.password_hash))
    assert kept != old
    assert not passwords.is_outdated(kept)
    assert sign_in(installation, "wang", RIGHT)
