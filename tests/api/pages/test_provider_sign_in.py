"""Signing in at an identity provider, over HTTP: there and back, and what is refused."""

from __future__ import annotations

import json
from urllib.parse import quote, unquote

import pytest
from databases import copied
from serving import MANAGER, serve
from sign_in_provider import CLIENT, challenge_of, query_of, sign_in_provider

from api.identity.issuer_keys import read_location
from api.identity.provider import Provider

# the provider's own: it is made with parts of authlib that are to be replaced
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

BACK = "http://localhost/login/oidc/callback"


@pytest.fixture(scope="module")
def provider():
    with sign_in_provider() as running:
        running.enrol("wang", name="王敏（示例）", role="manager", person_id=MANAGER)
        running.enrol("stranger", name="示例")
        yield running


@pytest.fixture(scope="module")
def served(provider, find_original, postgresql, tmp_path_factory):
    folder, stored = tmp_path_factory.mktemp("served"), find_original("sqlite")
    chosen = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_client_secret": "s"}
    with (
        copied(stored.url, folder, postgresql) as url,
        serve(url, folder, stored=stored, **chosen) as running,
    ):
        yield running


@pytest.fixture
def visitor(served):
    """Return a browser in which nobody is signed in."""
    served.app.state.server.rates.__init__()  # each test has refusals of its own
    with served.client(None, Accept="text/html") as browser:
        browser.base_url = "http://localhost"
        browser.headers.pop("Accept-Language")
        yield browser


def begin(visitor, after: str = "/") -> str:
    """Leave for the provider; return the address the browser is led to."""
    answer = visitor.get("/login/oidc", params={"next": after})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def told(answer, status: int, words: str) -> None:
    """Expect a page that says what is wrong, where one can sign in again, and nobody signed in."""
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert 'href="/login/oidc?next=' in answer.text
    assert "session=" not in answer.headers.get("set-cookie", "")


def test_there_and_back(provider, visitor):
    page = visitor.get("/login", params={"next": "/people?q=王"})
    assert 'href="/login/oidc?next=/people%3Fq%3D' in page.text
    address = begin(visitor, "/people/00002")
    sent = query_of(address)
    assert address.startswith(f"{provider.url}/oauth2/authorize?")
    assert (sent["response_type"], sent["code_challenge_method"]) == ("code", "S256")
    assert (sent["client_id"], sent["redirect_uri"]) == (CLIENT, BACK)
    visitor.cookies.set("session", "a" * 43)
    answer = visitor.get(provider.approve(address, "wang"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/00002")
    # what was announced was what the code was then asked for with
    assert challenge_of(provider.asked[-1]["code_verifier"]) == sent["code_challenge"]
    # the browser's old token is not the one of the session that began
    cookies = answer.headers.get_list("set-cookie")
    session = next(each for each in cookies if each.startswith("session="))
    assert "a" * 43 not in session
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert any(each.startswith('sign-in="";') for each in cookies)
    assert visitor.get("/people/00002").status_code == 200
    assert "王敏（示例）" in visitor.get("/account").text
    assert visitor.get("/accounts").status_code == 403  # a manager, as the claim said


def test_an_attempt_is_kept_from_scripts_and_for_ten_minutes(visitor):
    cookie = visitor.get("/login/oidc").headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Max-Age=600", "Path=/"):
        assert part in cookie, part


def test_who_comes_back_is_not_led_to_another_server(provider, visitor):
    for place in ("//evil.example", "https://evil.example/", "/\\evil.example", "/" + "x" * 1500):
        back = provider.approve(begin(visitor, place), "wang")
        assert visitor.get(back).headers["location"] == "/", place
    # nor if the cookie was changed meanwhile
    back = provider.approve(begin(visitor), "wang")
    change_attempt(visitor, after="//evil.example")
    assert visitor.get(back).headers["location"] == "/"


def change_attempt(visitor, **values: str) -> None:
    kept = json.loads(unquote(visitor.cookies["sign-in"]))
    visitor.cookies.clear()
    visitor.cookies.set("sign-in", quote(json.dumps(kept | values), safe=""))


def test_answers_that_were_not_asked_for_are_refused(provider, visitor, served):
    ended = "本次登录已失效"
    told(visitor.get("/login/oidc/callback?code=x&state=y"), 400, ended)
    back = provider.approve(begin(visitor), "wang")
    told(visitor.get(back.replace("state=", "state=x")), 400, ended)
    told(visitor.get(back), 400, ended)  # the wrong one has ended the attempt
    # an answer that somebody has got for himself signs nobody else in
    with served.client(None, Accept="text/html") as other:
        other.base_url = "http://localhost"
        begin(other)
        told(other.get(provider.approve(begin(visitor), "wang")), 400, ended)
    whole = dict.fromkeys(("state", "nonce", "verifier", "after"), "\ud800")
    for kept in ([], {}, {"state": 1}, whole, whole | {"state": 1}):
        cookie = quote(json.dumps(kept), safe="")
        visitor.cookies.clear()
        visitor.cookies.set("sign-in", cookie)
        told(visitor.get("/login/oidc/callback?code=x&state=y"), 400, ended)


def test_what_the_provider_denies_is_said(provider, visitor):
    told(visitor.get(provider.deny(begin(visitor, "/plans"))), 403, "未允许登录")


def test_a_code_is_good_once(provider, visitor, caplog):
    back = provider.approve(begin(visitor), "wang")
    attempt = visitor.cookies["sign-in"]
    assert visitor.get(back).status_code == 303
    visitor.cookies.clear()
    visitor.cookies.set("sign-in", attempt)
    told(visitor.get(back), 403, "无法确认")
    assert "'refused': 'code: invalid_grant'" in caplog.records[-1].getMessage()


def test_tokens_that_are_not_for_this_sign_in_are_refused(provider, visitor, caplog):
    wrong = {
        "audience": {"aud": "another"},
        "issuer": {"iss": "https://evil.example"},
        "expired": {"exp": 1_700_000_000},
        "nonce": {"nonce": "of another sign-in"},
    }
    for reason, claims in wrong.items():
        provider.enrol("liar", role="admin", **claims)
        told(visitor.get(provider.approve(begin(visitor), "liar")), 403, "无法确认")
        assert f"'refused': '{reason}" in caplog.records[-1].getMessage(), reason


def test_who_has_no_role_is_told_so(provider, visitor):
    told(visitor.get(provider.approve(begin(visitor), "stranger")), 403, "没有使用本系统的权限")


def test_refusals_are_counted_by_address(visitor):
    statuses = {visitor.get("/login/oidc/callback?state=y").status_code for _ in range(70)}
    assert statuses == {400, 429}


def test_no_provider_no_way_in(served, visitor):
    state = served.app.state.server
    kept, state.provider = state.provider, None
    try:
        assert "/login/oidc" not in visitor.get("/login").text
        for path in ("/login/oidc", "/login/oidc/callback?code=x&state=y"):
            assert visitor.get(path).status_code == 404
    finally:
        state.provider = kept


def test_what_a_provider_publishes_is_gone_by_if_it_makes_sense(
    provider, served, visitor, monkeypatch
):
    published = json.loads(read_location(f"{provider.url}/.well-known/openid-configuration"))

    def publishes(**changes: object) -> None:
        metadata = json.dumps(published | changes).encode()
        monkeypatch.setattr("api.identity.provider.read_location", lambda _: metadata)
        chosen = Provider(issuer=provider.url, client_id=CLIENT, client_secret="s")
        monkeypatch.setattr(served.app.state.server, "provider", chosen)

    publishes(token_endpoint_auth_methods_supported=["client_secret_post"])
    assert visitor.get(provider.approve(begin(visitor), "wang")).status_code == 303
    assert provider.asked[-1]["client_secret"] == "s"
    for changes in (
        {"issuer": "https://evil.example"},
        {"token_endpoint": None},
        {"token_endpoint": "ftp://evil.example"},
        {"jwks_uri": "/etc/passwd"},
        {"token_endpoint_auth_methods_supported": None},
    ):
        publishes(**changes)
        told(visitor.get("/login/oidc"), 503, "没有响应")


def test_a_provider_that_has_gone(served, visitor, monkeypatch):
    def ask(address: str) -> None:
        chosen = Provider(issuer=address, client_id=CLIENT, client_secret="s")
        monkeypatch.setattr(served.app.state.server, "provider", chosen)

    with sign_in_provider() as other:
        ask(other.url)
        back = other.approve(begin(visitor), "wang")
    told(visitor.get(back), 503, "没有响应")
    ask(other.url)
    told(visitor.get("/login/oidc"), 503, "没有响应")
