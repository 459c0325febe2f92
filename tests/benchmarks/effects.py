"""The effect model: fit on a million records, and scoring, beside what there is at least to do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from recommender.improvement.model.effects import fit_effects
from recommender.improvement.model.tables import ModuleTable, RecordTable
from tests.benchmarks.measuring import Figure, measure

N_RECORDS, N_COMPETENCIES, N_MODULES, N_MODALITIES = 1_000_000, 18, 500, 5
CONTROL_SHARE = 0.5


def make_history() -> tuple[RecordTable, ModuleTable]:
    """Make a history of a million records; what is in it does not matter for the time."""
    rng = np.random.default_rng(5)
    module = np.repeat(np.arange(N_MODULES), 2)
    main = rng.integers(0, N_COMPETENCIES, N_MODULES)
    competency = np.stack([main, (main + 1) % N_COMPETENCIES], axis=1).ravel()
    from_level = rng.integers(0, 4, N_MODULES).astype(float)
    modules = ModuleTable(
        pair_module=module,
        pair_competency=competency,
        pair_from=from_level[module],
        pair_to=from_level[module] + 1,
        pair_main=np.tile([True, False], N_MODULES),
        modality=rng.integers(0, N_MODALITIES, N_MODULES),
        hours=rng.uniform(2, 40, N_MODULES),
        cost=rng.uniform(0, 4000, N_MODULES),
    )
    trained = rng.random(N_RECORDS) > CONTROL_SHARE
    pair = rng.integers(0, len(module), N_RECORDS)
    before = np.clip(rng.normal(2, 0.8, N_RECORDS), 0, 4)
    gain = 0.1 + trained * rng.normal(0.3, 0.2, len(module))[pair] * (1 - before / 5)
    records = RecordTable(
        person=rng.integers(0, 200_000, N_RECORDS),
        competency=np.where(trained, competency[pair], rng.integers(0, 18, N_RECORDS)),
        module=np.where(trained, module[pair], -1),
        level_before=before,
        level_after=np.clip(before + gain + rng.normal(0, 0.4, N_RECORDS), 0, 4),
        days_between=rng.integers(60, 400, N_RECORDS).astype(float),
        org=rng.integers(0, 50, N_RECORDS),
        after_day=rng.integers(18_000, 19_500, N_RECORDS).astype(float),
    )
    return records, modules


def our_fit() -> Callable[[], object]:
    """Prepare the fit of the effect model."""
    records, modules = make_history()
    return lambda: fit_effects(records, modules, n_competencies=N_COMPETENCIES)


def bare_solve() -> Callable[[], object]:
    """Prepare one sparse normal-equation solve of a like design: build, product, Cholesky."""
    records, modules = make_history()

    def work() -> object:
        rows = np.arange(N_RECORDS)
        trained = records.module >= 0
        level, days = records.level_before, records.days_between / 365
        pair = records.module * N_COMPETENCIES + records.competency
        codes = np.unique(pair[trained])
        of_pair = np.searchsorted(codes, pair[trained])
        modality = modules.modality[records.module[trained]]

        def columns(
            row: np.ndarray, code: np.ndarray, value: np.ndarray, size: int
        ) -> sp.csr_array:
            return sp.csr_array((value, (row, code)), shape=(N_RECORDS, size))

        one = np.ones(N_RECORDS)
        at, by = rows[trained], level[trained]
        design = sp.hstack(
            [
                sp.csr_array(np.stack([one, level, level**2, days], axis=1)),
                columns(rows, records.competency, one, N_COMPETENCIES),
                columns(rows, records.competency, level, N_COMPETENCIES),
                columns(at, modality, one[trained], N_MODALITIES),
                columns(at, modality, by, N_MODALITIES),
                columns(at, records.module[trained], one[trained], N_MODULES),
                columns(at, records.module[trained], by, N_MODULES),
                columns(at, of_pair, one[trained], len(codes)),
            ],
            format="csr",
        )
        gram = (design.T @ design).toarray()
        gram[np.diag_indices_from(gram)] += 1.0
        factor = scipy.linalg.cho_factor(gram)
        return scipy.linalg.cho_solve(factor, design.T @ records.level_after)

    return work


def run() -> list[Figure]:
    """Measure the fit beside the bare solve."""
    size = f"fit on {N_RECORDS:,} records"
    bare = Figure(f"{size}: bare normal-equation solve", *measure(bare_solve, repeats=1))
    seconds, peak = measure(our_fit, repeats=1)
    return [bare, Figure(f"{size}: effect model", seconds, peak, bare.name, seconds / bare.seconds)]
