"""The made-up organisation of `recommender demo`, served, and a browser to look at it with."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from chromium import CHROMIUM, Office, open_office
from conftest import need
from improvement import registry_models as samples
from made_once import made_once
from organisations import AS_OF
from plan_office import principal
from playwright.sync_api import Browser, sync_playwright
from real_server import PROGRAM

from recommender.improvement.registry import save_model
from recommender.service.campaigns.asking import Budget, Choice, start_campaign
from recommender.service.cohorts.asking import CohortRequest
from recommender.service.cohorts.publishing import publish_cohort
from recommender.service.jobs.cohort_plans import plan_cohort
from recommender.service.permissions import Principal, Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.one import create_plan
from recommender.service.session import open_session
from recommender.service.standards.deciding import submit_standard
from recommender.service.standards.proposing import HandTarget, ProposalRequest, propose_standard

N_PEOPLE = 60


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Chromium."""
    if CHROMIUM is None:
        need("a Chromium browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            # letters keep the shapes of their font, whatever the machine does to them on its screen
            args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory) -> Path:
    """What `recommender demo` leaves; copy it before you write."""

    def make(folder: Path) -> None:
        subprocess.run(
            [*PROGRAM, "demo", "--people", str(N_PEOPLE), "--folder", str(folder / "demo")],
            env=os.environ | {"RECOMMENDER_AS_OF": AS_OF.isoformat()},
            check=True,
            capture_output=True,
        )

    return made_once(tmp_path_factory, "demo-of-console", make) / "demo"


@pytest.fixture(scope="module")
def office(chromium, demo_folder, tmp_path_factory) -> Iterator[Office]:
    """The made-up organisation, served to browsers; a copy of their own for each file of tests."""
    folder = tmp_path_factory.mktemp("office") / "demo"
    shutil.copytree(demo_folder, folder)
    with open_office(folder, AS_OF, _cast(folder / "recommender.db"), chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def values(office) -> dict[str, str]:
    """Make a plan, a campaign, a cohort and a model; return what the addresses name."""
    person = office.cast[Role.EMPLOYEE].person_id
    with open_session(office.settings, "test") as session:
        plan = create_plan(session, person, PlanRequest(hours_budget=40), as_of=AS_OF).plan
    # a job is its actor's
    hr = replace(office.cast[Role.HR], actor="account:hr")
    with open_session(office.settings, "test", who=hr) as session:
        choice = Choice(AS_OF, competency_id=plan.items[0].competencies[0].competency_id, first=3)
        campaign = start_campaign(session, "需求分析培训", choice, Budget(hours=20)).stored
        until = AS_OF + dt.timedelta(days=60)
        first = AS_OF + dt.timedelta(days=1)
        seats = CohortRequest("Cohort", first, until, applications=("00001", "00002", "00003"))
        cohort = plan_cohort(session, seats).stored
        publish_cohort(session, cohort.cohort_id)
    with open_session(office.settings, "test") as session:
        request = ProposalRequest(
            "g2",
            AS_OF + dt.timedelta(days=90),
            "by-hand",
            "Higher demands",
            targets={"resilience": HandTarget(2.5, note="Harder complaints")},
        )
        proposal_id = propose_standard(session, request).stored.proposal_id
        submit_standard(session, proposal_id)
    key = office.settings.model_key
    assert key
    model = save_model(
        office.settings.models,
        samples.train(),
        samples.facts(metrics=samples.whole_metrics()),
        by="demo",
        key=key.get_secret_value().encode(),
    )
    return {
        "person": person,
        "manager": office.cast[Role.MANAGER].person_id,
        "plan": plan.plan_id,
        "campaign": campaign.campaign_id,
        "cohort": cohort.cohort_id,
        "job": campaign.job_id,
        "module": plan.items[0].module_id,
        "model": model.model_id,
        "proposal": proposal_id,
    }


def _cast(database: Path) -> dict[Role, Principal]:
    """Find a manager with reports, and one of them; HR has the branch, the others all."""
    with closing(sqlite3.connect(database)) as connection:
        ((manager,),) = connection.execute(
            "SELECT manager_id FROM person GROUP BY 1 HAVING manager_id != ''"
            " ORDER BY count(*) DESC, 1 LIMIT 1"
        )
        ((report,),) = connection.execute(
            "SELECT min(person_id) FROM person WHERE manager_id = ?", [manager]
        )
    people = {Role.EMPLOYEE: report, Role.MANAGER: manager}
    return {role: principal(role, people.get(role)) for role in Role}
