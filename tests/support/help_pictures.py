"""Takes the pictures of the guide (`/help`) from a demo: `make help-pictures`.

Only made-up people are in them. A page that is not there is left out, and so is its picture.
"""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright
from pydantic import SecretStr

from api.pages.assets import STATIC
from recommender.service.access.signing_in.accounts import (
    ENTER,
    AccountRequest,
    create_account,
    make_link,
)
from recommender.service.models import Models
from recommender.service.permissions import Role
from recommender.service.plans.reading import search_plans
from recommender.service.session import open_session
from recommender.settings import Settings

DEMO = Path("build/help-demo")
TAKEN = STATIC / "help"
SIZE: ViewportSize = {"width": 1366, "height": 800}
MOST_BYTES = 60_000
COLOURS = 64
# name, whose page, address; a demo has one plan, of the person that it shows
PICTURES = (
    ("start", "hr", "/start"),
    ("imports", "hr", "/imports"),
    ("people", "hr", "/people"),
    ("person", "hr", "/people/{person}"),
    ("build", "hr", "/people/{other}/plan"),
    ("plan", "hr", "/plans/{plan}"),
    ("today", "hr", "/today"),
    ("organisation", "hr", "/organisation"),
    ("campaign", "hr", "/campaigns/new"),
    ("team", "manager", "/team"),
    ("me", "employee", "/me"),
)
PROGRAM = [sys.executable, "-c", "from recommender.cli import main; main()"]


def make_demo() -> Settings:
    """Make the demo, unless it is there already, and return where it is."""
    if not (DEMO / "recommender.db").exists():
        subprocess.run([*PROGRAM, "demo", "--folder", str(DEMO)], check=True)
    key = Models(DEMO / "models", made_up=True).need_key().decode()
    return Settings(
        database=f"sqlite:///{DEMO.resolve() / 'recommender.db'}",
        models=DEMO.resolve() / "models",
        model_key=SecretStr(key),
        two_person=False,
    )


def invite(settings: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """Return a link that signs in for each role, and what the addresses are about."""
    with open_session(settings, "help-pictures") as session:
        plan = next(each for each in search_plans(session, limit=50) if each.manager_id)
        accounts = {
            "hr": AccountRequest(f"hr-{time.time():.0f}", "周晓岚", Role.HR),
            "manager": AccountRequest(
                f"manager-{time.time():.0f}", "主管", Role.MANAGER, person_id=plan.manager_id
            ),
            "employee": AccountRequest(
                f"employee-{time.time():.0f}", "员工", Role.EMPLOYEE, person_id=plan.person_id
            ),
        }
        links = {
            role: make_link(session, create_account(session, request).account_id, ENTER)
            for role, request in accounts.items()
        }
    about = {"person": plan.person_id, "plan": plan.plan_id, "other": plan.manager_id or ""}
    return links, about


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """Serve the demo and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {
        "RECOMMENDER_DATABASE": settings.database,
        "RECOMMENDER_MODELS": str(settings.models),
        "RECOMMENDER_MODEL_KEY": settings.model_key.get_secret_value()
        if settings.model_key
        else "",
    }
    server = subprocess.Popen(
        [*PROGRAM, "serve", "--port", str(port)],
        env=os.environ | given,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://localhost:{port}"
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/login", timeout=2).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait()


def shrink(picture: bytes) -> bytes:
    """Return a picture with few colours, which the console has anyway."""
    small = io.BytesIO()
    few = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS)
    few.convert("RGB").save(small, "WEBP", lossless=True, method=6)
    return small.getvalue()


def main() -> None:
    """Take all pictures, in both languages."""
    settings = make_demo()
    links, about = invite(settings)
    TAKEN.mkdir(exist_ok=True)
    with served(settings) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        for role, link in links.items():
            context = chromium.new_context(viewport=SIZE, reduced_motion="reduce")
            page = context.new_page()
            page.goto(f"{address}/enter/{link}")
            page.click("button.btn-primary")
            for lang in ("zh-CN", "en"):
                context.add_cookies([{"name": "lang", "value": lang, "url": address}])
                for name, whose, path in PICTURES:
                    if whose != role:
                        continue
                    answer = page.goto(address + path.format(**about), wait_until="networkidle")
                    file = TAKEN / f"{name}.{lang}.webp"
                    if answer is None or answer.status != 200:
                        print(f"{file.name}: not there")
                        continue
                    picture = shrink(page.screenshot())
                    if len(picture) > MOST_BYTES:
                        raise SystemExit(f"{file.name} has {len(picture):,} bytes")
                    file.write_bytes(picture)
                    print(f"{file.name}: {len(picture):,} bytes")
            context.close()
        chromium.close()


if __name__ == "__main__":
    main()
