"""Importance weights of the target profiles, derived from the job profile.

For a grade g and a competency k, over all duties and result measures i::

    raw(g, k)    = Σ_i importance(g, i) · relevance(g, i, k)
    weight(g, k) = raw(g, k) / mean over k of raw(g, k)

Weights are given in hundredths: each is rounded down, and the hundredths that are then
missing for a mean of exactly 1 go to the largest remainders, ties in framework order.
"""

from __future__ import annotations

from fractions import Fraction

from training_catalog.model import Catalog
from training_catalog.post import JobProfile


def derive_weights(
    profile: JobProfile, grade: str, competencies: tuple[str, ...]
) -> dict[str, float]:
    """Return the weights of a grade by the formula above.

    Parameters
    ----------
    profile : JobProfile
        Importance and relevance.
    grade : str
        The grade.
    competencies : tuple of str
        In framework order.

    Returns
    -------
    dict of str to float
        Weight of each competency, mean exactly 1 in hundredths; empty where the job profile
        says nothing of the grade.
    """
    # Fractions and not floats: a remainder that is off in its last digit could send a hundredth to
    # another competency. By way of `str`, 0.1 is a tenth and not the nearest binary number.
    raw = {
        name: sum(
            (
                Fraction(str(element.importance.get(grade, 0)))
                * element.relevance.get(name, {}).get(grade, 0)
                for element in (*profile.duties, *profile.result_measures)
            ),
            start=Fraction(0),
        )
        for name in competencies
    }
    total = sum(raw.values(), start=Fraction(0))
    if not total:
        return {}
    exact = {name: value * 100 * len(competencies) / total for name, value in raw.items()}
    hundredths = {name: int(value) for name, value in exact.items()}
    missing = 100 * len(competencies) - sum(hundredths.values())
    order = {name: i for i, name in enumerate(competencies)}
    by_remainder = sorted(
        competencies, key=lambda name: (hundredths[name] - exact[name], order[name])
    )
    for name in by_remainder[:missing]:
        hundredths[name] += 1
    return {name: value / 100 for name, value in hundredths.items()}


def derived_profile_weights(catalog: Catalog) -> dict[str, dict[str, float]]:
    """Return the derived weights of every grade; empty for a catalogue without job profile."""
    if catalog.job_profile is None:
        return {}
    names = tuple(c.id for c in catalog.competencies)
    weights = {g.id: derive_weights(catalog.job_profile, g.id, names) for g in catalog.grades}
    return {grade: values for grade, values in weights.items() if values}
