"""Made-up cohorts of any size: people, modules and offerings as arrays."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array

from recommender.cohorts import CohortProblem, Offerings

FIRST_DAY = 20_500
N_COMPETENCIES = 18


def make_cohort(
    n_people: int,
    n_offerings: int,
    *,
    seed: int = 1,
    seats_a_person: float = 1.0,
    n_units: int = 20,
    floor_share: float = 0.5,
    money: float = 0.9,
) -> CohortProblem:
    """Make up a cohort: a third as many modules as offerings, uneven units, a year's dates."""
    rng = np.random.default_rng(seed)
    n_modules = max(2, n_offerings * 35 // 100)
    shape = n_people, N_COMPETENCIES
    gap = np.maximum(0.0, rng.normal(0.3, 0.6, shape)).round(2)
    weight = rng.uniform(0.5, 1.5, (4, N_COMPETENCIES))[rng.integers(0, 4, n_people)].round(2)
    serves = np.zeros((n_modules, N_COMPETENCIES))
    for module in range(n_modules):
        served = rng.choice(N_COMPETENCIES, rng.integers(1, 4), replace=False)
        serves[module, served] = rng.uniform(0.1, 0.5, len(served)).round(2)
    # who is further from the target gains more; not everybody is ready for everything
    candidate = (gap @ (serves.T > 0) > 0) & (rng.random((n_people, n_modules)) < 0.6)
    person, module = np.nonzero(candidate)
    gains = serves[module] * (0.6 + 0.4 * np.minimum(gap[person], 1.0)) * (gap[person] > 0)
    needs: list[tuple[int, ...]] = [()] * n_modules
    for after in rng.choice(n_modules, n_modules // 10, replace=False).tolist():
        needs[after] = (int(rng.integers(0, after)),) if after else ()
    starts = FIRST_DAY + rng.integers(0, 360, n_offerings)
    of_module = np.concatenate(
        [np.arange(n_modules), rng.integers(0, n_modules, max(0, n_offerings - n_modules))]
    )[:n_offerings]
    mean = seats_a_person * n_people / n_offerings
    seats = np.maximum(1, rng.uniform(0.5 * mean, 1.5 * mean, n_offerings).round().astype(np.int64))
    cost = rng.choice([0.0, 500.0, 1000.0, 2400.0], n_modules)[of_module]
    share = rng.dirichlet(np.full(n_units, 3.0))
    unit = rng.choice(n_units, n_people, p=share)
    away = FIRST_DAY + rng.integers(0, 360, n_people)
    return CohortProblem(
        person_ids=tuple(f"p{i:05d}" for i in range(n_people)),
        unit_ids=tuple(f"u{i:02d}" for i in range(n_units)),
        unit=unit,
        gap=gap,
        weight=weight,
        hours_budget=rng.choice([16.0, 24.0, 40.0], n_people),
        module_ids=tuple(f"m{i:03d}" for i in range(n_modules)),
        hours=rng.choice([4.0, 8.0, 12.0, 16.0], n_modules),
        prerequisites=tuple(needs),
        completed=rng.random((n_people, n_modules)) < 0.1 * ~candidate,
        pair_person=person,
        pair_module=module,
        improvement=coo_array(gains).tocsr(),
        offerings=Offerings(
            ids=tuple(f"o{i:03d}" for i in range(n_offerings)),
            module=of_module,
            seats=seats,
            starts_on=starts,
            ends_on=starts + rng.integers(0, 3, n_offerings),
            cost=cost,
        ),
        blocked_person=np.arange(n_people),
        blocked_from=away,
        blocked_to=away + 14,
        floors=np.floor(
            floor_share * seats.sum() * np.bincount(unit, minlength=n_units) / n_people * 0.8
        ).astype(np.int64),
        cost_budget=money * float((seats * cost).sum()),
        unit_cost_budget=np.full(n_units, np.inf),
        hour_price=0.002,
    )
