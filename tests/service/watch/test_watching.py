"""The watch over a library: what is planted is found, told to each reader as they may be told."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
import pypdfium2
import pytest
from asking import session_of
from organisations import AS_OF, TINY, service_on

from recommender.errors import ForbiddenError
from recommender.improvement.history import to_intervals
from recommender.service.learning.history import read_history
from recommender.service.learning.inputs import read_grades
from recommender.service.learning.predicting import expected_levels
from recommender.service.learning.training import card_facts, fit_model
from recommender.service.made_up.organisation import make_history
from recommender.service.people.imports import store_frame
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.service.watch.watching import make_council_report, watch_model
from recommender.store import writing
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES

TRAINED = dt.date(2026, 4, 30)
TOP = "示例馆"
UNITS = np.array([f"{TOP}/东", f"{TOP}/西", f"{TOP}/南", f"{TOP}/北"])
N_PEOPLE, N_NORTH = 303, 3
HR = Principal("key:hr", Role.HR, PERMISSIONS[Role.HR])
ANALYST = Principal("key:analyst", Role.ANALYST, PERMISSIONS[Role.ANALYST])


def people_of_library():
    """List people of three units alike, and of a fourth of three people."""
    number = np.arange(N_PEOPLE)
    unit = np.where(number < N_PEOPLE - N_NORTH, number % 3, 3)
    return pd.DataFrame(
        {
            "person_id": [f"W{each:03}" for each in number],
            "name": [f"虚构人{each:03}" for each in number],
            "org_unit": UNITS[unit],
            "grade": np.where(number // 3 % 2, "assistant", "librarian"),
            "manager_id": None,
            "hired_on": [dt.date(2024 - each // 6 % 12, 1, 1) for each in number],
            "left_on": None,
            "synthetic": "yes",
        }
    )


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """The folder of a library whose model was trained half a year ago."""
    folder = tmp_path_factory.mktemp("watched")
    rng = np.random.default_rng(5)
    people = people_of_library()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOMMENDER_MODELS", str(folder / "models"))
        with service_on(f"sqlite:///{folder / 'hr.db'}", catalog=TINY) as service:
            levels = pd.DataFrame(
                {
                    "person_id": np.repeat(people["person_id"].to_numpy(), 3),
                    "competency_id": np.tile(service.framework.competency_ids, N_PEOPLE),
                    "assessed_on": dt.date(2026, 3, 1),
                    "level": rng.uniform(0, 2.5, 3 * N_PEOPLE).round(2),
                    "standard_error": None,
                    "method": "面谈",
                }
            )
            history = make_history(service.framework, as_of=TRAINED, n_trained=150)
            # of the first people, so that there is something to compare grades and gaps with
            units, who = history["org_unit"].to_numpy(), history["person_id"]
            code = pd.factorize(who)[0] % (N_PEOPLE - N_NORTH)
            history = history.assign(
                person_id=people["person_id"].to_numpy()[code],
                org_unit=people["org_unit"].to_numpy()[code],
            )
            assert len(units) == len(history)
            history = history.drop_duplicates(["person_id", "competency_id", "before_on"])
            with writing(service.engine) as connection:
                for kind, frame in (
                    ("people", people),
                    ("assessments", levels),
                    ("records", history),
                ):
                    store_frame(connection, KINDS[kind], frame)
            # a plain model that nobody judges: how good one is, other tests ask
            session = session_of(service)
            history = read_history(session, as_of=TRAINED)
            digest = service.framework.catalog.digest
            model = fit_model(history, "raw-mean", scale=(0.0, 4.0), seed=0, catalog_digest=digest)
            grades = read_grades(session, as_of=TRAINED)
            facts = card_facts(history, {}, 0, None, grades=grades)
            card = service.models.save(model, facts, by="li")
            service.models.promote(card.model_id, by="li", override_reason="a pilot")
    return folder


@contextmanager
def library(original, tmp_path, *, west=1.0, south=0.0, everybody=0.0, levels_up=0.0):
    """Open a copy in which people took training since, in the west so many times the hours.

    Gains are as the model predicts, but for what is added in the south and everywhere.
    """
    folder = tmp_path / "library"
    shutil.copytree(original, folder)
    rng = np.random.default_rng(6)
    people = people_of_library()
    n, unit = len(people), people["org_unit"].to_numpy()
    taken = rng.random(n) < 0.6 * np.where(unit == UNITS[1], west, 1.0)
    enrolments = people[["person_id"]].assign(
        module_id="desk-interview",
        enrolled_on=[
            dt.date(2026, 1, 5) + dt.timedelta(days=int(day)) for day in rng.integers(0, 280, n)
        ],
        offering_id=None,
        status="enrolled",
        completed_on=None,
    )[taken]
    again = people.iloc[rng.permutation(n)[:240]].reset_index(drop=True)
    after = pd.Series(
        dt.date(2026, 6, 20) + dt.timedelta(days=int(day)) for day in rng.integers(0, 100, 240)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOMMENDER_MODELS", str(folder / "models"))
        with service_on(f"sqlite:///{folder / 'hr.db'}", catalog=TINY) as service:
            # the same courses at the same levels as in the training
            asked = pd.read_sql(
                "select competency_id, module_id, level_before from improvement_record "
                "where module_id <> '' order by person_id, competency_id, module_id",
                service.engine,
            ).sample(240, replace=True, random_state=6, ignore_index=True)
            records = again[["person_id", "org_unit"]].assign(
                **{name: asked[name] for name in asked},
                level_after=0.0,
                before_on=dt.date(2026, 3, 1),
                completed_on=dt.date(2026, 5, 20),
                after_on=after,
            )
            records["level_before"] = (records["level_before"] + levels_up).clip(0, 4)
            model, _ = service.models.load(service.models.active())
            X, _ = to_intervals(records)
            at = X["person_id"].map(dict(zip(records["person_id"], records.index, strict=True)))
            expected = np.empty(240)
            expected[at.to_numpy()] = expected_levels(model, X)
            gained = expected + everybody + south * (again["org_unit"] == UNITS[2]).to_numpy()
            records["level_after"] = np.clip(gained + rng.normal(0, 0.25, 240), 0, 4).round(2)
            with writing(service.engine) as connection:
                store_frame(connection, KINDS["enrolments"], enrolments)
                store_frame(connection, KINDS["records"], records)
            yield service


def told(report):
    return {(finding.code, finding.dimension, finding.group) for finding in report.alarms}


def units_of(report):
    return {line.group: line for line in report.lines if line.dimension == "unit"}


@pytest.fixture(scope="module")
def unfair(original, tmp_path_factory):
    """A library in which the west gets fewer hours, and the south gains less than predicted."""
    with library(original, tmp_path_factory.mktemp("unfair"), west=0.3, south=-0.6) as service:
        yield service


def test_in_a_library_where_all_is_well_there_is_no_alarm(original, tmp_path):
    with library(original, tmp_path) as service:
        report = watch_model(session_of(service), AS_OF)
    assert not report.findings
    assert report.people == N_PEOPLE
    assert report.tests > 30
    assert abs(report.predicted.offset.figure) < 0.1
    assert report.predicted.people == 240
    assert not report.untested
    assert {line.name for line in report.inputs} == {
        *("level", "gap", "grade", "unit", "competency", "module")
    }


def test_fewer_hours_and_smaller_gains_of_a_unit_are_found(unfair):
    report = watch_model(session_of(unfair), AS_OF)
    assert {("hours", "unit", UNITS[1]), ("offset", "unit", UNITS[2])} <= told(report)
    assert not {("hours", "unit", each) for each in UNITS[[0, 2]]} & told(report)
    (finding,) = [each for each in report.alarms if (each.code, each.group) == ("hours", UNITS[1])]
    assert finding.found.upper < -finding.threshold
    assert finding.since <= dt.date(2026, 5, 2)
    assert units_of(report)[UNITS[1]].measures["hours"].people == (N_PEOPLE - N_NORTH) / 3
    # three people are told of to nobody
    assert units_of(report)[UNITS[3]].people is None
    assert not units_of(report)[UNITS[3]].measures


def test_drift_of_what_is_asked_and_of_what_comes_of_it_is_found(original, tmp_path):
    with library(original, tmp_path, everybody=-0.4, levels_up=1.0) as service:
        report = watch_model(session_of(service), AS_OF)
    assert {("input", None, "level"), ("gain", None, None)} <= told(report)
    assert not {("offset", "unit", each) for each in UNITS} & told(report)


def test_who_may_see_nobody_gets_quarters_fives_and_tenths(unfair):
    exact = watch_model(session_of(unfair, who=HR), AS_OF)
    coarse = watch_model(session_of(unfair, who=ANALYST), AS_OF)
    assert exact.exact
    assert not coarse.exact
    assert coarse.as_of == dt.date(2026, 9, 30)
    assert coarse.people == 300
    hidden = [line for line in units_of(coarse).values() if line.people is None]
    # with a large one, or the small one would be what is left of the total
    assert {line.group for line in hidden} > {UNITS[3]}
    for line in coarse.lines:
        for compared in filter(None, line.measures.values()):
            assert compared.people % 5 == 0
            assert compared.mean.figure == round(compared.mean.figure, 1)


def test_hr_of_a_unit_compares_what_is_in_it_and_managers_ask_in_vain(unfair):
    report = watch_model(session_of(unfair, who=replace(HR, org_unit=str(UNITS[1]))), AS_OF)
    assert set(units_of(report)) == {UNITS[1]}
    assert report.people == (N_PEOPLE - N_NORTH) / 3
    # the model is one for all
    assert report.predicted.people == 240
    for role in (Role.MANAGER, Role.EMPLOYEE, Role.SYSTEM_ADMIN, Role.AUDITOR):
        who = Principal("key:other", role, PERMISSIONS[role], person_id="W001")
        with pytest.raises(ForbiddenError):
            watch_model(session_of(unfair, who=who), AS_OF)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_report_for_the_works_council_is_short_and_names_nobody(unfair, lang):
    made = make_council_report(session_of(unfair, lang=lang), AS_OF)
    assert not made.missing_characters
    pdf = pypdfium2.PdfDocument(made.content)
    assert len(pdf) <= 2
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    said = (
        ("不决定谁参加培训", "合成示例数据", "人工复核", "报警")
        if lang == "zh-CN"
        else (
            *("does not decide who takes part", "Synthetic sample data", "human review", "Alarms"),
        )
    )
    for words in (*said, UNITS[0], str(unfair.models.active())):
        assert words in text.replace("\r\n", " " if lang == "en" else "").replace("\u200b", "")
    assert not re.search(r"W\d{3}|虚构人", text)


def test_what_cannot_be_looked_at_is_said(original, tmp_path):
    with library(original, tmp_path) as service:
        before = watch_model(session_of(service), TRAINED)
        assert before.untested == ("few-records",)
        assert before.predicted is None
        service.models.rollback(by="li", reason="a test")
        without = watch_model(session_of(service), AS_OF)
    assert without.untested == ("no-model",)
    assert without.model_id is None
    assert [switch.action for switch in without.switches] == ["rollback", "promote"]


def test_nobody_to_be_compared_is_no_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("RECOMMENDER_MODELS", str(tmp_path / "models"))
    with service_on(f"sqlite:///{tmp_path / 'hr.db'}", catalog=TINY) as service:
        report = watch_model(session_of(service), AS_OF)
    assert report.untested == ("no-model", "few-people")
    assert not report.findings
    assert not report.lines
