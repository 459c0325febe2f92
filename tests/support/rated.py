"""Ratings drawn from known levels by a known form, fast enough for many seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.scoring import RatingArrays

RATER_WEIGHTS = np.array([0.1, 0.5, 0.2, 0.2])
# self, manager, two peers, a customer: who rates, how kindly, and the share of items they answer
_RATERS = ((0, 0.25, 1.0), (1, 0.0, 1.0), (2, 0.1, 0.5), (2, 0.1, 0.5), (3, -0.05, 0.35))


@dataclass(frozen=True)
class Rated:
    """Ratings, what they are of, and the levels they were drawn from."""

    ratings: RatingArrays
    items: IntArray
    item_competency: IntArray
    item_level: IntArray
    levels: FloatArray
    targets: FloatArray
    grades: IntArray


def draw_ratings(
    seed: int,
    *,
    n_people: int = 300,
    n_competencies: int = 3,
    per_level: int = 4,
    random_items: tuple[int, ...] = (),
    random_raters: tuple[int, ...] = (),
) -> Rated:
    """Draw an organisation whose every indicator tells levels apart, but for some.

    The response is that of the made-up organisation: a logistic curve around half a level below the
    indicator's, rounded; a form asks one level above the target of the grade. `random_items` are
    answered by chance, as are the `random_raters` competencies, by each rater anew.
    """
    rng = np.random.default_rng(seed)
    grades = rng.choice(4, n_people, p=[0.3, 0.35, 0.25, 0.1])
    target = np.array([1.5, 2.0, 2.5, 3.0])[grades]
    talent = rng.normal(0, 0.35, (n_people, 1))
    spread = rng.normal(0, 0.55, (n_people, n_competencies))
    levels = np.clip(target[:, None] - 0.45 + talent + spread, 0.1, 3.9)
    item_level = np.tile(np.repeat(np.arange(1, 5), per_level), n_competencies)
    item_competency = np.repeat(np.arange(n_competencies), 4 * per_level)
    highest = np.minimum(4, np.ceil(target).astype(int) + 1)
    parts: list[tuple[np.ndarray, ...]] = []
    for number, (kind, bias, share) in enumerate(_RATERS):
        leniency = bias + rng.normal(0, 0.2, (n_people, n_competencies))
        seen = levels + leniency
        if random_raters:
            own = rng.uniform(0.2, 3.8, (n_people, len(random_raters)))
            seen[:, list(random_raters)] = own
        at = seen[:, item_competency] - item_level + 0.5
        rating = np.clip(np.rint(3 / (1 + np.exp(-2.6 * at)) + rng.normal(0, 0.45, at.shape)), 0, 3)
        if random_items:
            rating[:, list(random_items)] = rng.integers(0, 4, (n_people, len(random_items)))
        asked = (item_level <= highest[:, None]) & (rng.random(at.shape) < share)
        person, item = np.nonzero(asked)
        rater = number * n_people + person
        parts.append((person, item, np.full(len(person), kind), rater, rating[person, item]))
    person, items, kind, rater, rating = (np.concatenate(part) for part in zip(*parts, strict=True))
    ratings = RatingArrays(
        person=person,
        competency=item_competency[items],
        level=item_level[items],
        rater_type=kind,
        rater=rater,
        rating=rating,
        day=np.zeros(len(person), dtype=np.int64),
    )
    targets = np.repeat(target[:, None], n_competencies, axis=1)
    return Rated(ratings, items, item_competency, item_level, levels, targets, grades)
