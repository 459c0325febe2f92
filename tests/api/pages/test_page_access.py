"""Who may open which page; the table is access.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pages import page_routes
from serving import ABSENT, EMPLOYEE, OUTSIDE

from recommender.service.permissions import Role

ROWS = yaml.safe_load(Path(__file__).with_name("access.yaml").read_text("utf-8"))
TABLE = [(page, row["may"]) for row in ROWS for page in row["pages"]]
OWN = {(page, role) for row in ROWS for page in row["pages"] for role in row.get("own", ())}
OPEN = "anybody"
VALUES = {
    "account_id": "0" * 12,
    "activity_id": "1",
    "batch_id": "0" * 12,
    "campaign_id": "campaign-1",
    "cohort_id": "cohort-1",
    "import_id": "up-1",
    "job_id": "job-1",
    "key_id": "0" * 12,
    "kind": "people",
    "lang": "en",
    "link": "x",
    "model_id": "m",
    "module_id": "m",
    "page": "plans",
    "proposal_id": "standard-1",
    "review_id": "1",
    "seq": "1",
    "version": "1",
}


@pytest.fixture(scope="module")
def plans(served) -> dict[str, str]:
    """Make a plan for somebody whom each role may see, and for somebody whom only some may."""
    made = {}
    with served.client("admin") as admin:
        for person in (EMPLOYEE, OUTSIDE):
            answer = admin.post(f"/v1/people/{person}/plans", json={"hours_budget": 40})
            assert answer.status_code == 201
            made[person] = answer.json()["plan_id"]
    return made | {ABSENT: "plan-000000000000"}


def people_of(page: str) -> tuple[str, ...]:
    """Return about whom a page is asked for: it names somebody, or it is the same for all."""
    names_somebody = "{person_id}" in page or "{plan_id}" in page
    return (EMPLOYEE, OUTSIDE, ABSENT) if names_somebody else (EMPLOYEE,)


def address(page: str, person: str, plans: dict[str, str]) -> tuple[str, str]:
    method, _, path = page.partition(" ")
    values = VALUES | {"person_id": person, "plan_id": plans[person]}
    return method, path.format(**values)


def test_every_page_has_a_row():
    assert sorted(page for page, _ in TABLE) == sorted(
        f"{method} {path}" for method, path, _ in page_routes()
    )


def test_whoever_is_not_signed_in_is_led_to_the_sign_in(served, plans):
    with served.client(None, Accept="text/html") as visitor:
        for page, may in TABLE:
            if OPEN not in may:
                method, path = address(page, EMPLOYEE, plans)
                answer = visitor.request(method, path)
                assert (answer.status_code, answer.headers["location"][:6]) == (303, "/login"), page


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_the_table_says(served, plans, role):
    with served.browser(role) as browser:
        for page, may in TABLE:
            if OPEN in may:
                continue
            # what is there, what is not, and what may not be seen is refused alike
            for person in people_of(page):
                method, path = address(page, person, plans)
                if path.startswith("/logout"):
                    continue  # it would end the browser's session
                status = browser.request(method, path).status_code
                if (page, role) in OWN:
                    assert status in (403, 404), f"{page}: {status}"
                    continue
                assert (status == 403) == (role.value not in may), f"{page}: {status}"
                assert status < 500, page


@pytest.mark.parametrize("role", ["employee", "manager", "hr"])
def test_whom_a_role_may_not_see_looks_like_nobody(served, plans, role):
    with served.browser(role) as browser:
        for page, may in TABLE:
            if role not in may or len(people_of(page)) == 1:
                continue
            answers = [
                browser.request(*address(page, person, plans)) for person in (OUTSIDE, ABSENT)
            ]
            statuses = {answer.status_code for answer in answers}
            # what lacks nothing leads back to the page of the plan, which is not there;
            # what is sent without a field that it needs is told so before anybody is looked for
            assert statuses in ({303}, {404}, {422}), f"{page}: {statuses}"
