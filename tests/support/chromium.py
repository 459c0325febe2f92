"""The console in a real browser: an application that is served, and pages open in Chromium."""

from __future__ import annotations

import datetime as dt
import json
import logging
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from improvement.registry_models import KEY
from playwright.sync_api import Browser, Page, Response
from pydantic import SecretStr

from api.app import create_app
from recommender.service.access.signing_in.browsers import begin_session
from recommender.service.permissions import Principal, Role
from recommender.settings import Settings
from recommender.store import writing

# the one without windows takes a third less time; where there is none, any does
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, _PROGRAMS)), None)
DESK, PHONE = 1366, 390
# WCAG 2.2 AA, with the rules of the levels below it
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port; yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the application did not start; its log says why"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass(frozen=True)
class Opened:
    """A page in a browser that somebody has signed in with.

    Parameters
    ----------
    page : Page
        Of playwright.
    address : str
        Of the server.
    complaints : list of str
        What the browser objected to so far: errors, breaches of the policy.
    answers : list of Response
        What the server has sent since then, the page itself first.
    """

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def go(self, path: str, *, status: int = 200) -> None:
        """Open an address of the console, which has to answer with a status."""
        self.answers.clear()
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return self.page.locator("body").inner_text()

    @property
    def path(self) -> str:
        """Where the page is."""
        return self.page.url.removeprefix(self.address)

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def violations(self) -> list[str]:
        """Return what axe finds against WCAG 2.2 AA: rule, and where."""
        options: dict[str, Any] = {"runOnly": RULES, "resultTypes": ["violations"]}
        found = Axe().run(self.page, options=options).response
        return [
            f"{one['id']}: {json.dumps([node['target'] for node in one['nodes']][:3])}"
            for one in found["violations"]
        ]


@dataclass(frozen=True)
class Office:
    """A served organisation, and browsers for its people.

    Parameters
    ----------
    address : str
        Of the server.
    app : FastAPI
        Running there.
    settings : Settings
        Of the application.
    cast : mapping of Role to Principal
        Whom of each role there is.
    chromium : Browser
        Running.
    """

    address: str
    app: FastAPI
    settings: Settings
    cast: Mapping[Role, Principal]
    chromium: Browser

    @contextmanager
    def open(
        self,
        role: Role | str,
        *,
        lang: str = "zh-CN",
        width: int = DESK,
        name: str = "",
        **rights: Any,
    ) -> Iterator[Opened]:
        """Open a browser that somebody of a role has signed in with; it may have no complaint."""
        role = Role(role)
        who = replace(self.cast[role], actor=f"account:{role}", **rights)
        with writing(self.app.state.server.installation.engine) as connection:
            token = begin_session(connection, self.settings, who, name=name or f"synthetic {role}")
        height = 900 if width == DESK else 844
        context = self.chromium.new_context(viewport={"width": width, "height": height})
        context.add_cookies(
            [
                {"name": name, "value": value, "url": self.address}
                for name, value in (("session", token), ("lang", lang))
            ]
        )
        opened = Opened(context.new_page(), self.address)
        noted = opened.complaints
        opened.page.on(
            "console",
            lambda said: noted.append(said.text) if said.type in ("error", "warning") else None,
        )
        opened.page.on("response", lambda answer: opened.answers.append(answer))
        opened.page.on("pageerror", lambda error: noted.append(str(error)))
        opened.page.on("dialog", lambda dialog: (noted.append(dialog.message), dialog.dismiss()))
        try:
            yield opened
            assert noted == []
        finally:
            context.close()


@contextmanager
def open_office(
    folder: Path, today: dt.date, cast: Mapping[Role, Principal], chromium: Browser
) -> Iterator[Office]:
    """Serve the database and the models of a folder to browsers, on a day."""
    key = folder / "models" / "model.key"
    settings = Settings(
        database=f"sqlite:///{folder / 'recommender.db'}",
        models=folder / "models",
        model_key=SecretStr(key.read_text("utf-8").strip() if key.exists() else KEY.decode()),
        as_of=today,
        rate_limit="1000000/minute",
        plan_limit="1000000/hour",
    )
    app = create_app(settings)
    root = logging.getLogger()
    before = root.handlers[:]
    with serving(app) as address:
        root.handlers[:] = before  # those of pytest
        yield Office(address, app, settings, cast, chromium)


# what a screen reader calls the thing that has the focus, and whether the focus can be seen on it
FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const label = at.getAttribute('aria-label') ?? at.labels?.[0]?.innerText ?? at.innerText ?? '';
  return [label.trim().replace(/\\s+/g, ' '), style.outlineStyle + style.boxShadow !== 'nonenone',
          at.tagName.toLowerCase()];
}"""


class Keyboard:
    """Somebody who works with the keyboard only.

    Parameters
    ----------
    page : Page
        What is open.
    """

    def __init__(self, page: Page) -> None:
        self._page = page

    def reach(self, name: str, tag: str = "") -> None:
        """Press Tab until what is called so has the focus, which has to be seen on it."""
        passed = []
        for _ in range(300):
            self.keys("Tab")
            label, seen, at = self._page.evaluate(FOCUS)
            if label == name and tag in ("", at):
                assert seen, f"focus on {name} cannot be seen"
                return
            passed.append(label)
        raise AssertionError(f"{name} is not reached by Tab; passed {dict.fromkeys(passed)}")

    def press(self, name: str, tag: str = "") -> None:
        """Reach something and press Enter on it."""
        self.reach(name, tag)
        self.keys("Enter")

    def follow(self, name: str, tag: str = "") -> None:
        """Reach a link or a button that leads to a page, press Enter and wait for the page."""
        self.reach(name, tag)
        with self._page.expect_navigation():
            self.keys("Enter")

    def write(self, text: str) -> None:
        """Type into what has the focus."""
        self._page.keyboard.type(text)

    def keys(self, *names: str) -> None:
        """Press keys by their names."""
        for name in names:
            self._page.keyboard.press(name)
