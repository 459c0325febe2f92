"""The columns of the effect model, as maps on a few functions of the level.

Every column of the model is, within one (module, competency), a combination of the same few
*base functions* of a record: hat functions of the starting level and of its distance to the
module's from-level, and time. So the data enter as one small Gram matrix per (module, competency),
a *cell*, and all that follows costs the same for a thousand records as for a million.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.model.tables import ModuleTable, RecordTable

# Distances reach from far too early for a module to well above where it ends.
LEVEL_KNOTS = np.linspace(0.0, 4.0, 9)
DISTANCE_KNOTS = np.linspace(-2.5, 3.5, 9)
N_LEVEL, N_DISTANCE = LEVEL_KNOTS.size, DISTANCE_KNOTS.size
AT_LEVEL = slice(0, N_LEVEL)
AT_FROM = slice(N_LEVEL, N_LEVEL + N_DISTANCE)
# The outcome is the last function, so that one Gram matrix holds both sides of the equations.
AT_TIME, AT_TIME_LEVEL, AT_AGE, AT_AFTER = range(AT_FROM.stop, AT_FROM.stop + 4)
N_FUNCTIONS = AT_AFTER + 1
# Slopes are centred here, so that they are nearly independent of the constants.
MIDDLE_LEVEL = 2.0


@dataclass(frozen=True)
class Pairs:
    """Every (module, competency) the model can be asked about.

    Attributes
    ----------
    module, competency : ndarray of int, shape (n_pairs,)
        Codes, sorted by module, then competency.
    from_, to : ndarray of shape (n_pairs,)
        Levels in [0, 4]; NaN where unknown.
    main : ndarray of bool, shape (n_pairs,)
        Whether the competency is the module's main one.
    modality : ndarray of int, shape (n_pairs,)
        Code of the modality, -1 where unknown.
    hours : ndarray of shape (n_pairs,)
        Standardised logarithm of the hours; 0 where unknown.
    """

    module: IntArray
    competency: IntArray
    from_: FloatArray
    to: FloatArray
    main: BoolArray
    modality: IntArray
    hours: FloatArray

    @property
    def size(self) -> int:
        """Number of pairs."""
        return int(self.module.size)


@dataclass(frozen=True)
class Block:
    """Columns of the model that share one variance.

    Attributes
    ----------
    name : str
        What the columns stand for.
    maps : ndarray of shape (n_cells, n_functions, n_columns)
        How each column is made of the base functions in each cell.
    flat : bool
        Whether the coefficients are estimated without shrinkage.
    """

    name: str
    maps: FloatArray
    flat: bool = False


def make_pairs(
    modules: ModuleTable, module: IntArray, competency: IntArray, scale: tuple[float, float]
) -> Pairs:
    """List the pairs of the catalogue, and those seen in records only (`module`, `competency`)."""
    low, high = scale
    width = int(max(modules.pair_competency.max(initial=0), competency.max(initial=0))) + 1
    listed = modules.pair_module * width + modules.pair_competency
    # np.unique names the first place of a key: the catalogue's pair wins over that of the records.
    key, first = np.unique(np.concatenate([listed, module * width + competency]), return_index=True)
    known = first < listed.size
    row = np.where(known, first, 0)
    pair_module = key // width

    def level(values: FloatArray) -> FloatArray:
        per_module = np.full(modules.n_modules, np.nan)
        # Backwards, so that the first pair of each module, the main one, is written last. A
        # competency that only records know takes the levels of the main one.
        per_module[modules.pair_module[::-1]] = values[::-1]
        of_pair = values[row] if values.size else np.full(key.size, np.nan)
        return (np.where(known, of_pair, per_module[pair_module]) - low) * (4.0 / (high - low))

    return Pairs(
        module=pair_module,
        competency=key % width,
        from_=level(modules.pair_from),
        to=level(modules.pair_to),
        main=known & (modules.pair_main[row] if listed.size else False),
        modality=modules.modality[pair_module],
        hours=_standard_log(modules.hours)[pair_module],
    )


def _standard_log(values: FloatArray) -> FloatArray:
    """Standardised logarithm; 0 where the value is unknown or not positive."""
    known = np.isfinite(values) & (values > 0)
    logs = np.log(np.where(known, values, 1.0))
    centre = float(logs[known].mean()) if known.any() else 0.0
    spread = float(logs[known].std()) if known.any() else 0.0
    return np.where(known, (logs - centre) / (spread if spread > 1e-9 else 1.0), 0.0)


def hats(values: FloatArray, knots: FloatArray) -> FloatArray:
    """Piecewise linear hat functions, constant outside the knots; zero where `values` is NaN.

    Returns
    -------
    ndarray of shape (values.shape, n_knots)
        Each sums to 1 over the knots.
    """
    known = np.isfinite(values)
    step = knots[1] - knots[0]
    # Constant outside the knots: a line would run away where there are no data.
    at = np.clip((np.where(known, values, knots[0]) - knots[0]) / step, 0.0, knots.size - 1.0)
    left = np.minimum(at.astype(np.int64), knots.size - 2)
    share = at - left
    heights = np.zeros((*values.shape, knots.size))
    np.put_along_axis(heights, left[..., None], (known * (1.0 - share))[..., None], axis=-1)
    np.put_along_axis(heights, left[..., None] + 1, (known * share)[..., None], axis=-1)
    return heights


def smooth_basis(n_knots: int, n_columns: int) -> FloatArray:
    """Return curves over the knots, smoothest first, none of them with a level or a slope.

    The coefficients of a second-difference penalty, so that one variance for all columns is a
    smoothing spline.

    Returns
    -------
    ndarray of shape (n_knots, n_columns)
        Scaled to a mean variance of 1 over the knots.
    """
    # The first two eigenvectors, constant and slope, are not penalised and have their own columns.
    differences = np.diff(np.eye(n_knots), 2, axis=0)
    values, vectors = np.linalg.eigh(differences.T @ differences)
    basis = vectors[:, 2 : 2 + n_columns] / np.sqrt(values[2 : 2 + n_columns])
    # The sign of an eigenvector differs by LAPACK, so the largest entry is made positive.
    largest = np.argmax(np.abs(basis), axis=0)
    basis = basis * np.sign(basis[largest, np.arange(basis.shape[1])])
    return basis / np.sqrt((basis**2).sum(axis=1).mean())


def level_functions(level: FloatArray, from_: FloatArray) -> FloatArray:
    """Return hats of the level and of its distance from the from-level, side by side."""
    return np.concatenate([hats(level, LEVEL_KNOTS), hats(level - from_, DISTANCE_KNOTS)], axis=-1)


def base_functions(records: RecordTable, pairs: Pairs, cell: IntArray) -> FloatArray:
    """Return the base functions of each record.

    Parameters
    ----------
    records : RecordTable
        Levels on [0, 4]; `days_between` standardised and `after_day` in years before the end,
        both 0 where unknown.
    pairs : Pairs
        Pairs of the model.
    cell : ndarray of int, shape (n_records,)
        Row of `pairs`, or `n_pairs` + competency for a control row.

    Returns
    -------
    ndarray of shape (n_records, n_functions)
    """
    trained = cell < pairs.size
    pair = np.where(trained, cell, 0)
    x = records.level_before
    z = np.empty((x.size, N_FUNCTIONS))
    # Control rows have no from-level, hence no distance: NaN makes their hats zero.
    nan = np.where(trained, 0.0, np.nan)
    from_ = pairs.from_[pair] + nan
    z[:, : AT_FROM.stop] = level_functions(x, from_)
    z[:, AT_TIME] = records.days_between
    z[:, AT_TIME_LEVEL] = records.days_between * (x - MIDDLE_LEVEL)
    z[:, AT_AGE] = records.after_day
    z[:, AT_AFTER] = records.level_after
    return z


def _vector(at: int | slice, values: FloatArray | float) -> FloatArray:
    vector = np.zeros(N_FUNCTIONS)
    vector[at] = values
    return vector


CONSTANT = _vector(AT_LEVEL, 1.0)
SLOPE = _vector(AT_LEVEL, LEVEL_KNOTS - MIDDLE_LEVEL)


def _curves(at: slice, n_columns: int) -> FloatArray:
    curves = np.zeros((N_FUNCTIONS, n_columns))
    curves[at] = smooth_basis(at.stop - at.start, n_columns)
    return curves


def _by_group(group: IntArray, function: FloatArray, where: BoolArray) -> FloatArray:
    """Make columns for each group: `function` in the cells of the group for which `where` holds."""
    columns = function.reshape(N_FUNCTIONS, -1)
    codes, group = np.unique(np.where(where, group, -1), return_inverse=True)
    # Cells outside `where` got the code -1, which sorts first and has no column.
    skip = int(codes.size > 0 and codes[0] == -1)
    n_groups = codes.size - skip
    maps = np.zeros((group.size, N_FUNCTIONS, n_groups, columns.shape[1]))
    rows = np.flatnonzero(where)
    maps[rows, :, group[rows] - skip] = columns
    return maps.reshape(group.size, N_FUNCTIONS, -1)


def untrained_blocks(pairs: Pairs, n_competencies: int) -> list[Block]:
    """Return the columns of the no-training expectation; they hold in every cell."""
    competency = np.concatenate([pairs.competency, np.arange(n_competencies)])
    everywhere = np.ones(competency.size, dtype=bool)
    zero = np.zeros_like(competency)

    def block(name: str, group: IntArray, function: FloatArray, flat: bool = False) -> Block:
        return Block(name, _by_group(group, function, everywhere), flat)

    blocks = [
        block("level", zero, np.stack([CONSTANT, SLOPE], axis=1), flat=True),
        block("level-curve", zero, _curves(AT_LEVEL, 7)),
        block("time", zero, _vector(AT_TIME, 1.0)),
        block("time-level", zero, _vector(AT_TIME_LEVEL, 1.0)),
    ]
    # With one competency these would repeat the columns above.
    if np.unique(competency).size > 1:
        blocks += [
            block("competency", competency, CONSTANT),
            block("competency-slope", competency, SLOPE),
            block("competency-curve", competency, _curves(AT_LEVEL, 3)),
        ]
    return blocks


def effect_blocks(
    pairs: Pairs, n_competencies: int, profile: FloatArray | None, *, size_known: bool
) -> list[Block]:
    """Return the columns of the effect that modules share; they hold in the cells of pairs only.

    Parameters
    ----------
    pairs : Pairs
        Pairs of the model.
    n_competencies : int
        How many competencies there are, each with a cell of its own after the pairs.
    profile : ndarray of shape (n_functions,), optional
        Mean effect by starting level, of mean 1: the features then also act in proportion to it.
    size_known : bool
        Whether control rows tell the effect of training from what happens without.
    """

    def extend(values: IntArray | BoolArray) -> IntArray:
        return np.concatenate([values.astype(np.int64), np.zeros(n_competencies, dtype=np.int64)])

    in_pair = np.arange(pairs.size + n_competencies) < pairs.size
    zero = extend(np.zeros(pairs.size, dtype=np.int64))
    known_modality = extend(pairs.modality) >= 0
    with_levels = extend(np.isfinite(pairs.from_ + pairs.to)) > 0
    # The steps of modules as one code each; 8 is more than any rounded level.
    band = extend(np.nan_to_num(np.round(pairs.from_) * 8 + np.round(pairs.to)).astype(np.int64))
    blocks: list[Block] = []

    def add(
        name: str, group: IntArray, function: FloatArray, where: BoolArray, flat: bool = False
    ) -> None:
        maps = _by_group(group, function, where & in_pair)
        if maps.shape[2]:
            blocks.append(Block(name, maps, flat))

    if size_known:
        # Without control rows these could not be told from the no-training curve.
        add("effect", zero, CONSTANT, in_pair, flat=True)
        add("effect-slope", zero, SLOPE, in_pair)
        add("effect-curve", zero, _curves(AT_LEVEL, 5), in_pair)
    if with_levels.any():
        slope = _vector(AT_FROM, DISTANCE_KNOTS)
        add("readiness", zero, slope, with_levels)
        add("readiness-curve", zero, _curves(AT_FROM, 6), with_levels)
    competency = extend(pairs.competency)
    # Scaled as well as added: where people gain more, good modules gain more too.
    ways = [("", CONSTANT)] + ([("-scaled", profile)] if profile is not None else [])
    # A feature that does not vary in this catalogue would repeat the constant: it gets no column.
    for suffix, function in ways:
        if size_known and np.unique(pairs.competency).size > 1:
            add("competency-effect" + suffix, competency, function, in_pair)
        if np.unique(pairs.modality).size > 1:
            add("modality" + suffix, extend(pairs.modality), function, known_modality)
        if np.unique(band[with_levels]).size > 1:
            add("band" + suffix, band, function, with_levels)
        if np.ptp(pairs.hours) > 0:
            line = _by_group(zero, function, in_pair)
            # Hours are a number, not a group: one column, times the hours of each pair.
            line = line * np.append(pairs.hours, np.zeros(n_competencies))[:, None, None]
            blocks.append(Block("hours" + suffix, line))
        if np.unique(pairs.main).size > 1:
            add("secondary" + suffix, zero, function, extend(~pairs.main).astype(np.bool_))
    if np.unique(pairs.modality).size > 1 and np.unique(pairs.competency).size > 1:
        mix = extend(pairs.modality) * (n_competencies + 1) + competency
        add("modality-competency", mix, ways[-1][1], known_modality)
    return blocks


def simple_blocks(pairs: Pairs, n_competencies: int) -> tuple[list[Block], list[Block]]:
    """Return the columns of a simpler model: straight lines, and no profile.

    Returns
    -------
    untrained : list of Block
    effect : list of Block
        As of `untrained_blocks` and `effect_blocks`.
    """
    competency = np.concatenate([pairs.competency, np.arange(n_competencies)])
    everywhere = np.ones(competency.size, dtype=bool)
    in_pair = np.arange(competency.size) < pairs.size
    zero = np.zeros_like(competency)
    unknown = np.full(n_competencies, np.nan)
    from_, to = np.append(pairs.from_, unknown), np.append(pairs.to, unknown)
    modality = np.append(pairs.modality, np.full(n_competencies, -1))
    line = np.stack([CONSTANT, SLOPE], axis=1)
    untrained = [
        Block("level", _by_group(zero, line, everywhere), flat=True),
        Block("time", _by_group(zero, _vector(AT_TIME, 1.0), everywhere)),
        Block("competency", _by_group(competency, CONSTANT, everywhere)),
    ]
    hours = np.append(pairs.hours, np.zeros(n_competencies))[:, None, None]
    effect = [
        Block("effect", _by_group(zero, CONSTANT, in_pair), flat=True),
        Block("effect-slope", _by_group(zero, SLOPE, in_pair)),
        Block("competency-effect", _by_group(competency, CONSTANT, in_pair)),
        Block("modality", _by_group(modality, CONSTANT, modality >= 0)),
        Block("hours", _by_group(zero, CONSTANT, in_pair) * hours),
    ]
    for name, power in (("readiness", 1), ("readiness-square", 2)):
        function = _vector(AT_FROM, DISTANCE_KNOTS**power)
        effect.append(Block(name, _by_group(zero, function, np.isfinite(from_))))
    for name, level in (("from", from_), ("to", to)):
        known = np.isfinite(level)
        group = np.nan_to_num(np.round(level)).astype(np.int64)
        effect.append(Block(name, _by_group(group, CONSTANT, known)))
    # A column of zeros would have a variance that nothing determines.
    return untrained, [block for block in effect if block.maps.any()]


def module_functions(
    profile: FloatArray | None, *, size_known: bool
) -> list[tuple[str, FloatArray]]:
    """Return the functions with a coefficient of its own for every module."""
    functions = [
        ("module", CONSTANT),
        ("module-slope", SLOPE),
        ("module-drift", _vector(AT_AGE, 1.0)),
    ]
    if profile is not None:
        functions.append(("module-scaled", profile))
    if not size_known:
        functions.append(("module-curve", _curves(AT_LEVEL, 1)[:, 0]))
    return functions


def pair_functions(profile: FloatArray | None, *, size_known: bool) -> list[tuple[str, FloatArray]]:
    """Return the functions with a coefficient of its own for every module and competency."""
    functions = [("pair", CONSTANT)]
    if profile is not None:
        functions.append(("pair-scaled", profile))
    if not size_known:
        functions.append(("pair-slope", SLOPE))
        functions.append(("pair-curve", _curves(AT_LEVEL, 1)[:, 0]))
    return functions
