"""Keep, improve, retire or open: by intervals, with the reason and what would settle it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.effectiveness.estimate import Estimate
from recommender.effectiveness.verdict import (
    USEFUL_LEVELS,
    Evidence,
    count_people,
    decide,
)


def gained(
    value: float,
    half: float,
    people: int = 30,
    *,
    roi: Estimate | None = None,
    score: Estimate | None = None,
) -> Evidence:
    gain = Estimate(value, value - half, value + half)
    return Evidence(gain, people, spread=0.5, roi=roi, score=score)


@pytest.mark.parametrize(
    ("evidence", "decision", "reason"),
    [
        (gained(0.4, 0.1), "keep", "gain-works"),
        (gained(0.25, 0.2), "keep", "gain-works"),
        (gained(0.1, 0.05), "improve", "gain-small"),
        (gained(0.0, 0.15), "retire", "gain-none"),
        (gained(-0.3, 0.2), "retire", "gain-none"),
        (gained(0.2, 0.3), "open", "gain-unclear"),
        (gained(0.5, 0.1, people=4), "open", "few-measured"),
        (Evidence(None, 0, 0.5), "open", "size-unknown"),
        # what came back for the money overrules
        (gained(0.0, 0.15, roi=Estimate(0.5, 0.1, 0.9)), "keep", "return-positive"),
        (gained(0.2, 0.3, roi=Estimate(0.5, 0.1, 0.9)), "keep", "return-positive"),
        (gained(0.4, 0.1, roi=Estimate(-0.5, -0.9, -0.1)), "improve", "return-negative"),
        (gained(0.0, 0.15, roi=Estimate(-0.5, -0.9, -0.1)), "retire", "gain-none"),
        (gained(0.4, 0.1, roi=Estimate(0.5, -0.1, 1.1)), "keep", "gain-works"),
        # to like a module is not to learn from it, but nobody should dislike it
        (gained(0.4, 0.1, score=Estimate(2.5, 2.1, 2.9)), "improve", "score-low"),
        (gained(0.0, 0.15, score=Estimate(4.9, 4.8, 5.0)), "retire", "gain-none"),
    ],
)
def test_rule(evidence: Evidence, decision: str, reason: str) -> None:
    found = decide(evidence)
    assert (found.decision, found.reasons[0].code) == (decision, reason)
    assert bool(found.needs) == (decision == "open")


def test_an_open_case_says_what_would_settle_it() -> None:
    assert [need.code for need in decide(Evidence(None, 0, 0.5)).needs] == ["need-controls"]
    (few,) = decide(gained(0.4, 0.5, people=2)).needs
    # (1.96 + .84)² · .25 / .16 = 12.3
    assert (few.code, few.values["more"]) == ("need-measured", 13 - 2)
    # more of the same would not: what is left is doubt about who was chosen
    assert [need.code for need in decide(gained(0.4, 0.5, people=500)).needs] == ["need-chance"]
    roi = Estimate(0.5, -0.5, 1.5)
    unclear = Evidence(Estimate(0.2, -0.1, 0.5), 3, 0.5, roi=roi, treated=20)
    found = {need.code: need.values for need in decide(unclear).needs}
    # 7.85 · (1 / 1.96 / .5)² · 20 = 163.4
    assert found["need-treated"] == {"more": 164 - 20}


def test_so_many_people_find_the_effect_four_times_of_five() -> None:
    people = count_people(0.5, 0.2)
    gains = np.random.default_rng(0).normal(0.2, 0.5, size=(4000, people))
    lower = gains.mean(axis=1) - 1.96 * gains.std(axis=1, ddof=1) / np.sqrt(people)
    assert (lower > 0).mean() == pytest.approx(0.8, abs=0.03)


@given(st.floats(-1, 1), st.floats(0.001, 2), st.floats(0.001, 1))
def test_a_better_gain_never_makes_a_worse_verdict(value: float, half: float, by: float) -> None:
    order = {"retire": 0, "improve": 1, "open": 1, "keep": 2}
    worse, better = decide(gained(value, half)), decide(gained(value + by, half))
    assert order[worse.decision] <= order[better.decision]


@given(st.floats(-1, 1), st.floats(0.001, 2), st.floats(0.01, 1))
def test_more_certainty_turns_no_keep_into_retire(value: float, half: float, share: float) -> None:
    """A settled case stays as it is while its interval shrinks, or goes from keep to improve."""
    wide, narrow = decide(gained(value, half)), decide(gained(value, half * share))
    if wide.decision == "keep":
        assert narrow.decision in ("keep", "improve")
        assert narrow.decision == "keep" or value < USEFUL_LEVELS
    if wide.decision == "retire":
        assert narrow.decision in ("retire", "improve")
