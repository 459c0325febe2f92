"""The page that shows the API to people loads nothing from elsewhere, under a strict policy."""

from __future__ import annotations

import hashlib
import re
import tomllib
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.pages.docs import STATIC, add_docs
from recommender.texts import LANGUAGES, all_texts, say

VENDORED = STATIC / "swagger-ui"
MANIFEST = tomllib.loads((VENDORED / "manifest.toml").read_text(encoding="utf-8"))
FOR_GOOD = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def client():
    app = FastAPI(docs_url=None, redoc_url=None)
    add_docs(app)
    with TestClient(app) as client:
        yield client


class Elements(HTMLParser):
    """The elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag = self.found[-1][0] if self.found else ""
        self.texts[tag] = self.texts.get(tag, "") + data.strip()


@pytest.fixture(scope="module")
def elements(client):
    return Elements(client.get("/docs").text)


def test_vendored_files_are_those_of_the_manifest():
    files = {path.name for path in VENDORED.iterdir()} - {"manifest.toml"}
    assert files == set(MANIFEST["files"])
    for name, digest in MANIFEST["files"].items():
        assert hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() == digest
    licence = (VENDORED / MANIFEST["licence_file"]).read_text(encoding="utf-8")
    assert "Apache License" in licence


def test_the_policy_allows_this_server_alone(client):
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy.pop("default-src") == "'none'"
    assert policy.pop("img-src") == "data:"
    for name in ("base-uri", "form-action", "frame-ancestors"):
        assert policy.pop(name) == "'none'"
    assert set(policy.values()) == {"'self'"}


def test_the_page_needs_nothing_that_the_policy_forbids(client, elements):
    addresses = []
    for tag, attributes in elements.found:
        assert tag not in ("style", "iframe", "object", "embed", "base", "img")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert "action" not in attributes
        addresses += [attributes[name] for name in ("src", "href") if name in attributes]
        if tag == "script":
            assert attributes["src"]
    assert elements.texts.get("script", "") == ""
    addresses.remove("data:,")  # an icon, so that none is asked for
    assert len(addresses) == 4
    for address in addresses:
        # relative: the page also stands behind a proxy that adds a prefix
        assert re.match(r"static/[\w./-]+\?v=\w{12}$", address)
        assert client.get(f"/{address}").headers["cache-control"] == FOR_GOOD


def test_styles_and_our_script_name_no_address_elsewhere():
    for path in STATIC.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert "@import" not in text
        assert set(re.findall(r"url\(['\"]?(\w+:|/)", text)) <= {"data:"}
    script = (STATIC / "docs.js").read_text(encoding="utf-8")
    assert "//" not in re.sub(r"(^|\s)// .*", "", script)
    for risky in ("innerHTML", "eval", "localStorage", "sessionStorage", "cookie"):
        assert risky not in script


def test_the_page_speaks_both_languages(client):
    page = client.get("/docs").text
    for key in all_texts():
        if key.startswith("docs_page."):
            for lang in LANGUAGES:
                assert say(key, lang) in page, (key, lang)


def test_the_page_is_no_operation_of_the_api(client):
    assert client.get("/openapi.json").json()["paths"] == {}


def test_the_page_reads_the_description_it_is_given():
    app = FastAPI(docs_url=None)
    add_docs(app, description='v1/"openapi".json')
    with TestClient(app) as client:
        elements = Elements(client.get("/docs").text)
    assert dict(elements.found)["main"]["data-description"] == 'v1/"openapi".json'


class TestKeeping:
    def test_for_good_where_the_address_names_the_content(self, client):
        digest = MANIFEST["files"]["swagger-ui.css"][:12]
        answer = client.get(f"/static/swagger-ui/swagger-ui.css?v={digest}")
        assert answer.headers["cache-control"] == FOR_GOOD

    def test_otherwise_the_browser_asks_again(self, client, subtests):
        for query in ["", "?v=", "?v=000000000000", "?w=1"]:
            with subtests.test(query=query):
                answer = client.get(f"/static/docs.js{query}")
                assert answer.headers["cache-control"] == "no-cache"
                assert answer.headers["content-type"].startswith("text/javascript")
                again = client.get(
                    f"/static/docs.js{query}", headers={"If-None-Match": answer.headers["etag"]}
                )
                assert (again.status_code, again.content) == (304, b"")
                other = client.get(f"/static/docs.js{query}", headers={"If-None-Match": '"other"'})
                assert other.content == (STATIC / "docs.js").read_bytes()

    def test_the_page_itself_is_asked_for_again(self, client):
        assert client.get("/docs").headers["cache-control"] == "no-cache"


def test_nothing_else_is_served(client, subtests):
    for path in [
        "",
        "swagger-ui",
        "none.js",
        "../docs.py",
        "%2e%2e/docs.py",
        "..%2fdocs.py",
        "/etc/passwd",
    ]:
        with subtests.test(path=path):
            assert client.get(f"/static/{path}").status_code == 404
