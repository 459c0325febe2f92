"""Models side by side, in words and formatted figures."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from recommender.documents.figures import decimal, signed
from recommender.improvement.evaluation import Evaluation, GainScore
from recommender.improvement.registry.verdict import BASELINES, RMSE_TIE
from recommender.texts import all_texts, say

Outcome = Literal["better", "level", "worse"]


def compare(scores: dict[str, GainScore], estimator: str) -> tuple[Outcome, str]:
    """Compare the judged model with the best baseline.

    Parameters
    ----------
    scores : dict of str to GainScore
        By name of the model.
    estimator : str
        The judged one.

    Returns
    -------
    outcome : {"better", "level", "worse"}
        Level if the errors are within half a per cent of each other.
    against : str
        Name of the baseline with the smallest error.
    """
    baselines = {
        name: scores[name].rmse for name in BASELINES if name in scores and name != estimator
    }
    # a baseline that could not be scored is never the best; the name decides ties, for one answer
    against = min(baselines, key=lambda name: (np.nan_to_num(baselines[name], nan=np.inf), name))
    own, other = scores[estimator].rmse, baselines[against]
    if own <= other * (1.0 - RMSE_TIE):
        return "better", against
    # a model whose error is unknown (NaN) compares as worse
    return ("level" if own <= other * (1.0 + RMSE_TIE) else "worse"), against


def model_names(models: tuple[str, ...], lang: str) -> dict[str, str]:
    """Return the names of models in words, by their name in the code."""
    texts = all_texts()
    # an analyst's own model goes by the name of its factory
    return {
        name: say(f"registry.baseline.{name}", lang)
        if f"registry.baseline.{name}" in texts
        else name
        for name in models
    }


def comparison_rows(evaluation: Evaluation, lang: str) -> list[dict[str, Any]]:
    """Lay models out in rows: the judged one, then the others, the smallest error first.

    Returns
    -------
    list of dict
        `name`, `candidate` (whether it is the judged one), and `scores`, for known modules and for
        those left out: `rmse`, `difference` (by how much the error is larger than that of the
        judged one, with its standard error), `r_squared`, `slope`, all as text, and `best`.
    """
    names = model_names(tuple(evaluation.known), lang)
    parts = {"known": evaluation.known, "cold": evaluation.cold}
    smallest = {
        part: decimal(float(np.nanmin([score.rmse for score in scores.values()])), digits=3)
        for part, scores in parts.items()
    }
    others = [name for name in evaluation.known if name != evaluation.estimator]
    others.sort(key=lambda name: (evaluation.known[name].rmse, name))

    def difference(name: str, part: str) -> str:
        if name == evaluation.estimator:
            return ""
        paired = evaluation.paired[name]
        value, error = getattr(paired, part), getattr(paired, f"{part}_error")
        return f"{signed(value, digits=3)} ± {decimal(error, digits=3)}"

    return [
        {
            "name": names[name],
            "candidate": name == evaluation.estimator,
            "scores": [
                {
                    "rmse": decimal(scores[name].rmse, digits=3),
                    "difference": difference(name, part),
                    "r_squared": decimal(scores[name].r_squared, digits=3),
                    "slope": decimal(scores[name].slope, digits=2),
                    # as printed: of two equal figures, one must not look better
                    "best": smallest[part] == decimal(scores[name].rmse, digits=3),
                }
                for part, scores in parts.items()
            ],
        }
        for name in (evaluation.estimator, *others)
    ]


def better_rivals(evaluation: Evaluation, lang: str) -> list[str]:
    """Name other models that are better by more than chance; they keep none from being promoted."""
    return [
        say(
            "evaluation.verdict.rival",
            lang,
            name=model_names((name,), lang)[name],
            difference=decimal(-paired.known, digits=3),
            error=decimal(paired.known_error, digits=3),
        )
        for name, paired in evaluation.paired.items()
        if name not in BASELINES and paired.known < -2.0 * paired.known_error
    ]
