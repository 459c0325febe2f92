"""What ``catalog check`` says about a catalogue that can be used: what could be better."""

from __future__ import annotations

from training_catalog.judging.judgement import ERRORS, Judgement, Severity
from training_catalog.judging.likeness import judge_likeness
from training_catalog.judging.outcomes import judge_outcomes
from training_catalog.judging.post import judge_post
from training_catalog.judging.steps import judge_steps
from training_catalog.judging.texts import judge_texts
from training_catalog.model import Catalog

__all__ = ["CODES", "ERRORS", "Judgement", "Severity", "judge_catalog"]

# the order in which judgements are told: holes in the training first, then texts, then the post
CODES = (
    "no-module-for-step",
    "few-modules-for-step",
    "above-every-target",
    "behind-unreachable",
    "step-without-prerequisite",
    "prerequisite-above",
    "prerequisite-below",
    "prerequisite-not-for-grade",
    "no-outcome",
    "outcome-elsewhere",
    "competency-without-outcome",
    "indicator-without-outcome",
    "same-outcomes",
    "repeated-outcome",
    "same-title",
    "near-duplicate",
    "no-chinese",
    "no-english",
    "forbidden-term",
    "unpaired-term",
    "two-translations",
    "weight-not-derived",
    "competency-without-duty",
    "exam-unprepared",
    "preparation-elsewhere",
    "path-order",
    "path-retired",
    "path-not-for-grade",
)


def judge_catalog(catalog: Catalog) -> tuple[Judgement, ...]:
    """Judge a catalogue.

    Parameters
    ----------
    catalog : Catalog
        A catalogue that can be used, because `load_catalog` found no fault in it.

    Returns
    -------
    tuple of Judgement
        In the order of `CODES`; empty for a clean catalogue.
    """
    judgements = [
        *judge_steps(catalog),
        *judge_outcomes(catalog),
        *judge_likeness(catalog),
        *judge_texts(catalog),
        *judge_post(catalog),
    ]
    return tuple(sorted(judgements, key=lambda judgement: CODES.index(judgement.code)))
