"""The page of the API works in a real browser, under its own policy."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from chromium import CHROMIUM, serving
from conftest import need
from fastapi import FastAPI, HTTPException, Request

from api.pages.docs import add_docs

pytestmark = pytest.mark.browser

QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --enable-logging=stderr"
)


def open_in_chromium(address: str, folder: Path) -> tuple[str, list[str]]:
    """Return the document once the page has come to rest, and what the console says."""
    if CHROMIUM is None:
        need("a Chromium browser")
    run = subprocess.run(
        [
            *(str(CHROMIUM), *QUIET.split(), f"--user-data-dir={folder}"),
            *("--virtual-time-budget=20000", "--dump-dom", address),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=True,
    )
    return run.stdout, re.findall(r"CONSOLE.*", run.stderr)


def application(*, closed: bool) -> FastAPI:
    """Return an application with one operation, whose description may need a key."""
    app = FastAPI(title="Small", openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/v1/people/{person_id}/gaps", description="Of **one** person: `gap` in levels")
    async def get_gaps(person_id: str) -> dict[str, float]:
        return {}

    @app.get("/openapi.json", include_in_schema=False)
    async def get_description(request: Request):
        if closed and "authorization" not in request.headers:
            raise HTTPException(401)
        return app.openapi()

    add_docs(app)
    return app


def test_shows_the_operations_without_a_complaint(tmp_path):
    with serving(application(closed=False)) as address:
        page, complaints = open_in_chromium(f"{address}/docs", tmp_path)
    assert complaints == []
    assert 'data-path="/v1/people/{person_id}/gaps"' in page
    assert '<form id="access" hidden' in page


def test_asks_for_a_key_where_the_description_needs_one(tmp_path):
    with serving(application(closed=True)) as address:
        page, complaints = open_in_chromium(f"{address}/docs", tmp_path)
    assert complaints == []
    assert '<form id="access">' in page
    assert "data-path" not in page


def test_the_policy_is_what_the_browser_holds_the_page_to(tmp_path):
    """A page that breaks the policy is noticed by the way these tests look at it."""
    app = application(closed=False)

    @app.middleware("http")
    async def forbid_all(request: Request, call_next):
        answer = await call_next(request)
        answer.headers["content-security-policy"] = "default-src 'none'"
        return answer

    with serving(app) as address:
        page, complaints = open_in_chromium(f"{address}/docs", tmp_path)
    assert any("Content Security Policy" in complaint for complaint in complaints)
    assert "data-path" not in page
