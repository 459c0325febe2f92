"""Top-5 of 500 modules for 100,000 people over 18 competencies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from recommender.candidates import ModuleArrays
from recommender.improvement.effect_table import GRID
from recommender.ranking import rank_modules
from tests.benchmarks.measuring import Figure, measure

N_PEOPLE, N_COMPETENCIES, N_MODULES, TOP = 100_000, 18, 500, 5
N_SECOND = 150
N_FEW = 2_000
PANDAS_CHUNK = 1_000


def make_people() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Make levels (some missing), targets, weights and grades."""
    rng = np.random.default_rng(1)
    grade = rng.integers(0, 4, N_PEOPLE)
    shape = (N_PEOPLE, N_COMPETENCIES)
    levels = rng.uniform(0, 4, shape)
    levels[rng.random(shape) < 0.1] = np.nan
    targets = np.sort(rng.uniform(1, 4, (4, N_COMPETENCIES)), axis=0)[grade]
    weights = rng.uniform(0.5, 1.5, (4, N_COMPETENCIES))[grade]
    return levels, targets, weights, grade


def make_modules() -> tuple[ModuleArrays, np.ndarray]:
    """Make modules, some of which serve two competencies, and their estimates."""
    rng = np.random.default_rng(2)
    main = rng.integers(0, N_COMPETENCIES, N_MODULES)
    both = rng.choice(N_MODULES, N_SECOND, replace=False)
    module = np.concatenate([np.arange(N_MODULES), both])
    competency = np.concatenate([main, (main[both] + 1) % N_COMPETENCIES])
    order = np.lexsort((module, competency))
    first = rng.integers(0, 4, N_MODULES).astype(float)
    from_level = first[module][order]
    modules = ModuleArrays(
        ids=tuple(f"module-{i:03d}" for i in range(N_MODULES)),
        hours=np.sort(rng.uniform(2, 40, N_MODULES)),
        cost=rng.uniform(0, 4000, N_MODULES),
        retired=np.zeros(N_MODULES, dtype=bool),
        modality=np.zeros(N_MODULES, dtype=np.int64),
        grade_allowed=np.ones((4, N_MODULES), dtype=bool),
        repeat_months=np.full(N_MODULES, 24),
        prerequisites=((),) * N_MODULES,
        prerequisite_order=(),
        pair_module=module[order],
        pair_competency=competency[order],
        pair_from=from_level,
        pair_to=from_level + 1,
        pair_expert=rng.uniform(0.2, 0.7, len(module)),
    )
    coefficients = rng.uniform(-0.05, 0.4, (len(module), 3)) / [1.0, 4.0, 16.0]
    return modules, coefficients @ np.vander(GRID, 3, increasing=True).T


def ours(n_levels: int, n_people: int = N_PEOPLE) -> Callable[[], object]:
    """Prepare the product's ranking, with estimates at so many levels."""
    levels, targets, weights, grade = (array[:n_people] for array in make_people())
    modules, table = make_modules()
    return lambda: rank_modules(
        levels,
        targets,
        weights,
        modules,
        table[:, :n_levels],
        grade=grade,
        top=TOP,
    )


def ours_expert() -> Callable[[], object]:
    """Prepare the ranking by constant estimates."""
    return ours(1)


def ours_model() -> Callable[[], object]:
    """Prepare the ranking by an effect model."""
    return ours(GRID.size)


def ours_few() -> Callable[[], object]:
    """Prepare the ranking by an effect model for a few people."""
    return ours(GRID.size, N_FEW)


def pipeline_way() -> Callable[[], object]:
    """Prepare batched predictions of a scikit-learn pipeline, for a few people."""
    levels, targets, weights, _ = (array[:N_FEW] for array in make_people())
    modules, _ = make_modules()
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(
        {
            "module": rng.integers(0, N_MODULES, 20_000),
            "competency": rng.integers(0, N_COMPETENCIES, 20_000),
            "level": rng.uniform(0, 4, 20_000),
        }
    )
    pipeline = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), ["module", "competency"]),
            remainder="passthrough",
        ),
        Ridge(),
    ).fit(frame, rng.normal(0.3, 0.4, len(frame)))
    pairs = pd.DataFrame({"module": modules.pair_module, "competency": modules.pair_competency})

    def work() -> object:
        best = np.empty((N_FEW, TOP), dtype=np.int64)
        for first in range(0, N_FEW, 500):
            rows = np.arange(first, min(first + 500, N_FEW))
            level = np.nan_to_num(levels[rows][:, modules.pair_competency])
            batch = pd.concat([pairs] * len(rows), ignore_index=True).assign(level=level.ravel())
            gain = pipeline.predict(batch).reshape(level.shape).clip(0)
            gap = np.nan_to_num(targets[rows] - levels[rows]).clip(0)[:, modules.pair_competency]
            value = np.zeros((len(rows), N_MODULES))
            for pair, module in enumerate(modules.pair_module):
                weight = weights[rows, modules.pair_competency[pair]]
                value[:, module] += weight * np.minimum(gap[:, pair], gain[:, pair])
            best[rows] = np.argsort(-value, axis=1)[:, :TOP]
        return best

    return work


def numpy_floor() -> Callable[[], object]:
    """Prepare one product of the same size and an argpartition: the least there is to do."""
    rng = np.random.default_rng(3)
    people = rng.random((N_PEOPLE, N_COMPETENCIES))
    modules = rng.random((N_COMPETENCIES, N_MODULES))

    def work() -> object:
        return np.argpartition(people @ modules, N_MODULES - TOP, axis=1)[:, -TOP:]

    return work


def pandas_way(chunk: int = N_PEOPLE) -> Callable[[], object]:
    """Prepare what an analyst writes: join people with modules, compute, sort, take the head.

    All people at once need some 7 GB; one who has less, or is told of it, works in chunks.
    """
    levels, targets, weights, _ = make_people()
    modules, table = make_modules()
    people = pd.DataFrame(
        {
            "person": np.repeat(np.arange(N_PEOPLE), N_COMPETENCIES),
            "competency": np.tile(np.arange(N_COMPETENCIES), N_PEOPLE),
            "level": levels.ravel(),
            "target": targets.ravel(),
            "weight": weights.ravel(),
        }
    )
    pairs = pd.DataFrame(
        {
            "module": modules.pair_module,
            "competency": modules.pair_competency,
            "from_level": modules.pair_from,
            "to_level": modules.pair_to,
            "improvement": table[:, 0],
            "hours": modules.hours[modules.pair_module],
        }
    )

    def work() -> object:
        best = []
        for start in range(0, N_PEOPLE, chunk):
            part = people.iloc[start * N_COMPETENCIES : (start + chunk) * N_COMPETENCIES].merge(
                pairs, on="competency"
            )
            part = part[
                (part["level"] < part["target"])
                & (part["to_level"] > part["level"])
                & (part["from_level"] <= part["level"] + 0.5)
                & (part["from_level"] < part["target"])
            ]
            gain = part["improvement"].clip(lower=0)
            closed = np.minimum(gain, part["target"] - part["level"]) * part["weight"]
            value = (
                part.assign(closed=closed)
                .groupby(["person", "module", "hours"], as_index=False)["closed"]
                .sum()
                .sort_values(
                    ["person", "closed", "hours", "module"], ascending=[True, False, True, True]
                )
            )
            best.append(value.groupby("person").head(TOP))
        return pd.concat(best)

    return work


def run() -> list[Figure]:
    """Measure the ranking beside the numpy floor and beside the pandas way."""
    size = f"top-{TOP} of {N_MODULES} modules for {N_PEOPLE:,} people"
    floor = Figure(f"{size}: numpy product and argpartition", *measure(numpy_floor))
    pandas = Figure(f"{size}: pandas", *measure(pandas_way, repeats=1))
    chunked = Figure(
        f"{size}: pandas in chunks of {PANDAS_CHUNK:,}",
        *measure(partial(pandas_way, PANDAS_CHUNK), repeats=1),
    )
    figures = [floor, pandas, chunked]
    for name, prepare in (("expert", ours_expert), ("effect model", ours_model)):
        seconds, peak = measure(prepare)
        figures += [
            Figure(f"{size}: {name}", seconds, peak, other.name, seconds / other.seconds)
            for other in (floor, pandas, chunked)
        ]
    few = f"top-{TOP} of {N_MODULES} modules for {N_FEW:,} people"
    pipeline = Figure(f"{few}: scikit-learn pipeline in batches", *measure(pipeline_way, repeats=1))
    seconds, peak = measure(ours_few)
    ratio = seconds / pipeline.seconds
    return [*figures, pipeline, Figure(f"{few}: effect model", seconds, peak, pipeline.name, ratio)]
