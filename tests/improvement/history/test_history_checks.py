"""Warnings about a history: every planted fault is found, and nothing on sound histories."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from simulated_tables import to_frames

from recommender.improvement.history import code_history, pairs_of_table, read_records
from recommender.improvement.history_checks import (
    HistoryWarning,
    bracket_effect,
    check_history,
    find_reliability,
)
from recommender.improvement.simulation.synthetic import SimulationSettings, simulate

SMALL = {"n_people": 600, "n_trained": 600, "n_untrained": 1200}
LARGE = {"n_people": 2500, "n_trained": 2500, "n_untrained": 7500}


@cache
def drawn(seed=0, **settings):
    records, modules = to_frames(simulate(SimulationSettings(**settings), seed=seed))
    history = code_history(read_records(records), pairs_of_table(modules))
    return history.intervals, history.level_after


def codes(X, level_after, **options):
    return [warning.code for warning in check_history(X, level_after, **options)]


def found(code, X, level_after, **options):
    """Return the warning of a code, and make sure that it is the only one."""
    (warning,) = check_history(X, level_after, **options)
    assert warning.code == code
    return warning


def test_a_sound_history_has_no_warnings():
    for settings in (SMALL, LARGE):
        for seed in range(20):
            assert codes(*drawn(seed, **settings)) == [], seed


def test_modules_that_share_intervals():
    X, after = drawn(**SMALL)
    trained = np.flatnonzero(X["modules"].map(len))
    modules = X["modules"].tolist()
    names = sorted({m for row in modules for m in row})
    for at, row in enumerate(trained[:120].tolist()):
        other = names[at % len(names)]
        if other not in modules[row]:
            modules[row] = (*modules[row], other)
    warning = found("shared-intervals", with_modules(X, modules), after)
    assert 0.15 < warning.figures["share"] < 0.2
    assert warning.modules == ()
    assert not warning.touches("m001")


def with_modules(X, modules):
    return X.assign(modules=pd.Series(modules, dtype=object))


def test_modules_that_always_come_together():
    X, after = drawn(**SMALL)
    first = X["modules"].map(lambda row: row[0] if row else None)
    common, rarer = first.value_counts().index[[0, 8]]
    twins = with_modules(X, [(*row, "twin") if rarer in row else row for row in X["modules"]])
    warning = found("taken-together", twins, after)
    assert warning.modules == tuple(sorted([rarer, "twin"]))
    assert warning.touches("twin")
    assert not warning.touches(common)
    # One that is often met alone is known, and so is what the other adds to it.
    rows = [
        (*row, "twin") if common in row and at % 2 else row for at, row in enumerate(X["modules"])
    ]
    assert "taken-together" not in codes(with_modules(X, rows), after)


def test_duplicates():
    X, after = drawn(**SMALL)
    assert codes(X, after, dropped=3) == []
    assert found("duplicates", X, after, dropped=180).figures["count"] == 180
    again = np.append(np.arange(len(X)), np.arange(100))
    warning = found("duplicates", X.iloc[again].reset_index(drop=True), after[again])
    assert warning.figures == {"count": 100, "share": 100 / len(again)}


@pytest.mark.parametrize("shift", [0.25, -0.25])
def test_a_new_rating_form_that_most_trained_people_were_rated_on(shift):
    X, after = drawn(**LARGE)
    new = (X["assessed_on"] >= "2022-07-01").to_numpy()
    assert codes(X, after + shift * new) == []  # alike for both: no harm
    control = (X["modules"].map(len) == 0).to_numpy()
    kept = np.flatnonzero(~new | ~control | (np.arange(len(X)) % 5 == 0))
    X, after = X.iloc[kept].reset_index(drop=True), (after + shift * new)[kept]
    warning = found("calendar-shift", X, after)
    assert np.sign(warning.figures["levels"]) == np.sign(shift)
    assert 0.05 < abs(warning.figures["levels"]) < 0.25
    assert warning.modules
    assert warning.touches(warning.modules[0])


def test_different_quarters_without_a_shift_are_no_fault():
    X, after = drawn(**LARGE)
    early = (X["assessed_on"] < "2022-07-01").to_numpy()
    control = (X["modules"].map(len) == 0).to_numpy()
    kept = np.flatnonzero(early | ~control | (np.arange(len(X)) % 5 == 0))
    assert codes(X.iloc[kept].reset_index(drop=True), after[kept]) == []


def test_quarters_in_which_nobody_was_assessed_without_training():
    X, after = drawn(**LARGE)
    late = (X["assessed_on"] >= "2022-10-01").to_numpy()
    control = (X["modules"].map(len) == 0).to_numpy()
    kept = np.flatnonzero(~(late & control))
    warning = found("calendar-apart", X.iloc[kept].reset_index(drop=True), after[kept])
    assert warning.figures["share"] > 0.2
    assert warning.touches("m001")


def test_low_reliability():
    warning = found("low-reliability", *drawn(**SMALL, reliability=0.4))
    assert 0.3 < warning.figures["reliability"] < 0.5


def test_units_that_train_unlike():
    X, after = drawn(**SMALL)
    trained = (X["modules"].map(len) > 0).to_numpy()
    here = X["org_unit"].isin(sorted(X["org_unit"].unique())[:3]).to_numpy()
    odd = np.arange(len(X)) % 6 != 0
    # In half of the units hardly anybody is trained.
    kept = np.flatnonzero(~(here & trained & odd))
    warning = found("uneven-units", X.iloc[kept].reset_index(drop=True), after[kept])
    assert warning.figures["lowest"] < 0.1 < warning.figures["highest"]


def test_too_little_to_tell():
    X, after = drawn(**SMALL)
    control = (X["modules"].map(len) == 0).to_numpy()
    for n, code in ((29, "no-controls"), (199, "few-controls")):
        kept = np.append(np.flatnonzero(~control), np.flatnonzero(control)[:n])
        warning = check_history(X.iloc[kept].reset_index(drop=True), after[kept])[0]
        assert (warning.code, warning.figures["controls"]) == (code, n)
        assert warning.touches("m001") == (code == "no-controls")
    kept = np.append(np.flatnonzero(control), np.flatnonzero(~control)[:199])
    assert codes(X.iloc[kept].reset_index(drop=True), after[kept]) == ["few-records"]
    one = with_modules(X, [("m001",) if row else () for row in X["modules"]])
    assert found("one-module", one, after).modules == ("m001",)


def test_trained_people_who_start_where_nobody_else_does():
    X, after = drawn(**SMALL)
    apart = (X["modules"].map(len) == 0).to_numpy() & (X["level_before"] < 1.5).to_numpy()
    kept = np.flatnonzero(~apart)
    assert "no-overlap" in codes(X.iloc[kept].reset_index(drop=True), after[kept])


def test_levels_of_another_scale():
    X, after = drawn(**SMALL)
    tens = X.assign(level_before=X["level_before"] * 25)
    assert codes(tens, after * 25, scale=(0.0, 100.0)) == []


def test_an_empty_history_and_one_without_days_and_units():
    X, after = drawn(**SMALL)
    nothing = codes(X.iloc[:0], after[:0])
    assert nothing == ["no-controls", "one-module", "few-records"]
    bare = X.assign(assessed_on=pd.NaT, months=np.nan, org_unit=None)
    assert codes(bare, after) == []


def test_reliability_and_the_bracket():
    X, after = drawn(**LARGE)
    reliability = find_reliability(X, after)
    assert reliability == pytest.approx(0.75, abs=0.05)
    bracket = bracket_effect(X, after, ancova=0.2, reliability=reliability)
    assert bracket.ancova == 0.2
    assert 0.2 < bracket.corrected_gain < 0.5
    trained = X["modules"].map(len) > 0
    assert np.isnan(find_reliability(X[trained], after[trained]))


def test_a_warning_without_modules_concerns_all_or_the_history_only():
    assert HistoryWarning("no-controls").touches("any")
    assert not HistoryWarning("few-records").touches("any")
