"""BlockRidge beside estimators of scikit-learn and beside the formulas of the textbook."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal
from sklearn.linear_model import BayesianRidge, Ridge
from sklearn.utils.estimator_checks import check_estimator

from recommender.improvement.model import block_ridge
from recommender.improvement.model.block_ridge import BlockRidge
from recommender.improvement.normal_equations import elimination
from recommender.improvement.normal_equations.elimination import GramSystem
from recommender.improvement.normal_equations.products import Products


def make_rows(
    n_rows: int = 300, n_columns: int = 12, seed: int = 0, noise: float = 0.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns of three blocks whose coefficients differ in size, the first two not penalised."""
    rng = np.random.default_rng(seed)
    blocks = np.r_[-1, -1, rng.integers(0, 3, n_columns - 2)]
    X = rng.normal(1.0, 1.0, (n_rows, n_columns)) * (rng.random((n_rows, n_columns)) < 0.6)
    coef = rng.normal(0, np.array([1.0, 0.3, 0.01, 3.0])[blocks])
    return X, 5.0 + X @ coef + rng.normal(0, noise, n_rows), blocks


def make_modules(
    n_modules: int, n_rows: int, seed: int = 0, shared: float = 0.05
) -> tuple[sp.csr_array, np.ndarray, np.ndarray]:
    """Rows of one module and competency each, some of two modules; ten columns common to all."""
    rng = np.random.default_rng(seed)
    module, competency = rng.integers(0, n_modules, n_rows), rng.integers(0, 3, n_rows)
    second = np.flatnonzero(rng.random(n_rows) < shared)
    other = module[second] // 5 * 5 + rng.integers(0, 5, second.size)
    rows = np.r_[np.arange(n_rows), second]
    modules, pairs = np.r_[module, other], np.r_[module * 3 + competency, other * 3]
    common = sp.csr_array(rng.normal(size=(n_rows, 10)))
    ones = np.ones(rows.size)
    X = sp.csr_array(
        sp.hstack(
            [
                common,
                sp.csr_array((ones, (rows, modules)), shape=(n_rows, n_modules)),
                sp.csr_array((ones, (rows, pairs)), shape=(n_rows, 3 * n_modules)),
            ]
        )
    )
    sizes = [10, n_modules, 3 * n_modules]
    coef = np.concatenate([rng.normal(0, s, n) for s, n in zip((1, 0.3, 0.2), sizes, strict=True)])
    blocks = np.repeat([-1, 0, 1], sizes)
    return X, X @ coef + rng.normal(0, 0.6, n_rows), blocks


def without_elimination(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every matrix inverted whole."""
    monkeypatch.setattr(elimination, "FEW_COLUMNS", 10**9)


def test_scikit_learn_accepts_it() -> None:
    check_estimator(BlockRidge(), on_skip=None)


def test_the_example_in_its_description_runs() -> None:
    assert doctest.testmod(block_ridge) == (0, 4)


def test_one_block_at_fixed_variances_is_the_ridge_of_scikit_learn() -> None:
    X, y, _ = make_rows()
    weight = np.random.default_rng(1).uniform(0, 3, y.size)
    ridge = Ridge(alpha=0.3 / 0.02, solver="cholesky").fit(X, y, sample_weight=weight)
    for rows in (X, sp.csr_array(X)):
        model = BlockRidge(variances=[0.02], noise=0.3).fit(rows, y, sample_weight=weight)
        np.testing.assert_allclose(model.coef_, ridge.coef_, rtol=1e-8)
        np.testing.assert_allclose(model.predict(rows), ridge.predict(X), rtol=1e-8, atol=1e-8)


def test_one_block_with_variances_estimated_is_about_the_bayesian_ridge_of_scikit_learn() -> None:
    X, y, _ = make_rows(n_rows=2_000)
    X, y = X - X.mean(axis=0), y - y.mean()
    theirs = BayesianRidge(fit_intercept=False).fit(X, y)
    ours = BlockRidge(fit_intercept=False, tol=1e-6).fit(X, y)
    assert ours.noise_ == pytest.approx(1 / theirs.alpha_, rel=0.002)
    assert ours.variances_[0] == pytest.approx(1 / theirs.lambda_, rel=0.1)  # the weak prior
    at_theirs = BlockRidge(
        fit_intercept=False, variances=[1 / theirs.lambda_], noise=float(1 / theirs.alpha_)
    ).fit(X, y)
    for mine, their in zip(
        at_theirs.predict(X, return_std=True), theirs.predict(X, return_std=True), strict=True
    ):
        np.testing.assert_allclose(mine, their, rtol=1e-3, atol=1e-3)


def direct(
    X: np.ndarray, y: np.ndarray, blocks: np.ndarray, variances: np.ndarray, noise: float
) -> dict[str, Any]:
    """Generalised least squares and restricted likelihood, with the covariance of all rows."""
    flat = np.column_stack([X[:, blocks < 0], np.ones(len(y))])
    Z, D = X[:, blocks >= 0], np.diag(variances[blocks[blocks >= 0]])  # noqa: N806
    V = Z @ D @ Z.T + noise * np.eye(len(y))  # noqa: N806
    inverse = np.linalg.inv(V)
    information = flat.T @ inverse @ flat
    fixed = np.linalg.solve(information, flat.T @ inverse @ y)
    random = D @ Z.T @ inverse @ (y - flat @ fixed)
    # What is left of the outcome in directions that the flat columns do not reach.
    contrasts = np.linalg.svd(flat, full_matrices=True)[0][:, flat.shape[1] :]
    log_likelihood = multivariate_normal(
        np.zeros(contrasts.shape[1]), contrasts.T @ V @ contrasts
    ).logpdf(contrasts.T @ y)
    # Orthonormal contrasts, so the determinant of the flat columns is taken back out.
    log_likelihood -= 0.5 * np.linalg.slogdet(flat.T @ flat)[1]
    coef = np.empty(X.shape[1])
    coef[blocks < 0], coef[blocks >= 0] = fixed[:-1], random
    W = np.column_stack([X, np.ones(len(y))])  # noqa: N806
    ridge = np.zeros(W.shape[1])
    ridge[:-1][blocks >= 0] = noise / variances[blocks[blocks >= 0]]
    covariance = noise * np.linalg.inv(W.T @ W + np.diag(ridge))
    return {
        "coef": coef,
        "intercept": fixed[-1],
        "log_likelihood": log_likelihood,
        "covariance": covariance,
    }


def test_the_textbook_formulas_agree() -> None:
    for seed in range(3):
        X, y, blocks = make_rows(n_rows=60, seed=seed)
        variances, noise = np.array([0.09, 0.02, 4.0]), 0.3
        expected = direct(X, y, blocks, variances, noise)
        new = np.random.default_rng(9).normal(size=(5, X.shape[1]))
        with_one, with_zero = np.c_[new, np.ones(5)], np.c_[new, np.zeros(5)]
        for rows, asked in ((X, new), (sp.csr_array(X), sp.csr_array(new))):
            model = BlockRidge(blocks, variances=variances, noise=noise).fit(rows, y)
            np.testing.assert_allclose(model.coef_, expected["coef"], rtol=1e-6, atol=1e-8)
            assert model.intercept_ == pytest.approx(expected["intercept"], rel=1e-6)
            assert model.log_marginal_likelihood_ == pytest.approx(expected["log_likelihood"])
            _, std = model.predict(asked, return_std=True)
            variance = np.diag(with_one @ expected["covariance"] @ with_one.T)
            np.testing.assert_allclose(std, np.sqrt(variance + noise), rtol=1e-6)
            variance = np.diag(with_zero @ expected["covariance"] @ with_zero.T)
            np.testing.assert_allclose(model.combination_variance(asked), variance, rtol=1e-6)


def test_the_estimates_are_about_the_most_likely() -> None:
    X, y, blocks = make_rows(n_rows=1_000, n_columns=100)
    model = BlockRidge(blocks, tol=1e-5, max_iter=1000).fit(X, y)
    best = model.log_marginal_likelihood_
    # The third block is next to nothing, and its variance is what was assumed beforehand.
    for block in range(2):
        for factor in (0.5, 2.0):
            variances = model.variances_ * np.where(np.arange(3) == block, factor, 1.0)
            other = BlockRidge(blocks, variances=variances, noise=model.noise_).fit(X, y)
            assert other.log_marginal_likelihood_ < best
    for factor in (0.8, 1.25):
        other = BlockRidge(blocks, variances=model.variances_, noise=factor * model.noise_)
        assert other.fit(X, y).log_marginal_likelihood_ < best
    assert model.noise_ == pytest.approx(0.25, rel=0.15)
    assert model.variances_[2] == pytest.approx(0.0001, abs=0.002)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), links=st.floats(0.0, 3.0), busy=st.integers(0, 20))
def test_an_inverse_by_elimination_is_that_of_the_whole(seed: int, links: float, busy: int) -> None:
    """Columns in pairs at random, from a few groups to one, and some that all others meet."""
    rng = np.random.default_rng(seed)
    n_columns, n_rows = 320, 20 + int(links * 320)
    rows = np.repeat(np.arange(n_rows), 2)
    pairs = rng.integers(busy, n_columns, rows.size)
    X = sp.csr_array((rng.normal(size=rows.size), (rows, pairs)), shape=(n_rows, n_columns))
    X = sp.csr_array(sp.vstack([X, sp.eye_array(n_columns)]))
    X = sp.csr_array(sp.hstack([rng.normal(size=(X.shape[0], busy)), X[:, busy:]]))
    ridge = rng.uniform(0.1, 2.0, n_columns)
    gram = sp.csr_array(X.T @ X)
    whole = gram.toarray() + np.diag(ridge)
    factor = GramSystem(gram, np.arange(n_columns) < busy).factorise(ridge)
    assert set(range(busy)) <= set(factor.kept)
    assert factor.groups
    inverse = np.linalg.inv(whole)
    moment = rng.normal(size=n_columns)
    np.testing.assert_allclose(factor.solve(moment), inverse @ moment, atol=1e-10)
    np.testing.assert_allclose(factor.diagonal(), np.diag(inverse), atol=1e-10)
    np.testing.assert_allclose(
        factor.quadratic(X), np.diag(X @ inverse @ X.T.toarray()), atol=1e-10
    )
    assert factor.log_det == pytest.approx(np.linalg.slogdet(whole)[1])


def test_elimination_changes_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, blocks = make_modules(n_modules=120, n_rows=1_500)
    new = make_modules(n_modules=120, n_rows=200, seed=1)[0]
    model = BlockRidge(blocks).fit(X, y)
    assert model._factor.groups
    results = [model.coef_, model.variances_, *model.predict(new, return_std=True)]
    results += [model.combination_variance(new), np.array(model.log_marginal_likelihood_)]
    without_elimination(monkeypatch)
    whole = BlockRidge(blocks).fit(X, y)
    assert not whole._factor.groups
    expected = [whole.coef_, whole.variances_, *whole.predict(new, return_std=True)]
    expected += [whole.combination_variance(new), np.array(whole.log_marginal_likelihood_)]
    for ours, theirs in zip(results, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


def test_dense_and_sparse_rows_and_products_are_the_same_data() -> None:
    X, y, blocks = make_rows()
    dense = BlockRidge(blocks).fit(X, y)
    with_ones = np.c_[X, np.ones(y.size)]
    for other in (
        BlockRidge(blocks).fit(sp.csr_array(X), y),
        BlockRidge(blocks).fit_products(Products.of(with_ones, y)),
        BlockRidge(blocks).fit_products(Products.of(sp.csr_array(with_ones), y)),
    ):
        np.testing.assert_allclose(other.coef_, dense.coef_, rtol=1e-6)
        assert other.intercept_ == pytest.approx(dense.intercept_, rel=1e-6)


def test_products_of_further_columns_are_those_of_all() -> None:
    X, y, _ = make_rows()
    weight = np.random.default_rng(1).uniform(0, 3, y.size)
    first, more = X[:, 5:], X[:, :5]
    whole = Products.of(X, y, weight)
    for make in (np.asarray, sp.csr_array):
        for make_more in (np.asarray, sp.csr_array):
            columns, further = make(first), make_more(more)
            extended = Products.of(columns, y, weight).extend(columns, further, y, weight)
            gram = extended.gram.toarray() if sp.issparse(extended.gram) else extended.gram
            np.testing.assert_allclose(gram, whole.gram)
            np.testing.assert_allclose(extended.moment, whole.moment)
            np.testing.assert_allclose(extended.size, whole.size)
            assert extended.square == pytest.approx(whole.square)
            assert extended.n_rows == pytest.approx(whole.n_rows)


def test_a_column_without_data_is_not_known_beyond_its_block() -> None:
    X, y, blocks = make_rows()
    more = np.c_[X, np.zeros((y.size, 3))]
    model = BlockRidge(blocks).fit(X, y)
    # One more column in a block with data, one in a block of its own, one that is not penalised.
    wider = BlockRidge(np.r_[blocks, 0, 3, -1]).fit(more, y)
    np.testing.assert_array_equal(wider.coef_[12:], 0.0)
    np.testing.assert_allclose(wider.coef_[:12], model.coef_, rtol=1e-9)
    np.testing.assert_allclose(wider.variances_[:3], model.variances_, rtol=1e-9)
    assert 0 < wider.variances_[3] < 0.01 * wider.noise_
    assert wider.log_marginal_likelihood_ == pytest.approx(model.log_marginal_likelihood_)
    units = np.eye(15)[12:]
    for rows in (units, sp.csr_array(units)):
        np.testing.assert_allclose(
            wider.combination_variance(rows), [*wider.variances_[[0, 3]], 0.0]
        )


def test_an_effect_is_not_negligible_because_few_rows_have_it() -> None:
    # 300 modules of 4 rows each, in 100,000 rows: .4 of a level each, against a noise of .3.
    rng = np.random.default_rng(3)
    rows, module = np.arange(1_200), np.repeat(np.arange(300), 4)
    X = sp.csr_array((np.ones(1_200), (rows, module)), shape=(100_000, 300))
    y = X @ rng.normal(0, 0.4, 300) + rng.normal(0, 0.3, 100_000)
    assert BlockRidge().fit(X, y).variances_[0] == pytest.approx(0.16, rel=0.15)


def test_data_without_noise_or_without_variation_are_borne() -> None:
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(20, 5)) @ rng.normal(size=(5, 60))
    y = wide @ rng.normal(size=60)
    model = BlockRidge().fit(wide, y)
    np.testing.assert_allclose(model.predict(wide), y, atol=0.05)
    constant = BlockRidge().fit(wide, np.full(20, 3.0))
    np.testing.assert_allclose(constant.predict(wide), 3.0)
    nothing = BlockRidge(fit_intercept=False).fit(np.zeros((20, 3)), y)
    np.testing.assert_array_equal(nothing.coef_, 0.0)
    assert nothing.noise_ == pytest.approx(np.square(y).mean())
    twice = np.c_[wide[:, :3], wide[:, :3]]
    model = BlockRidge([-1, -1, -1, -1, 0, 0]).fit(twice, wide[:, 0])
    np.testing.assert_allclose(model.predict(twice), wide[:, 0], atol=1e-4)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 1000),
    weights=st.lists(st.integers(0, 3), min_size=30, max_size=30).filter(lambda w: sum(w) > 3),
)
def test_a_weight_is_a_row_repeated(seed: int, weights: list[int]) -> None:
    X, y, blocks = make_rows(n_rows=30, n_columns=5, seed=seed)
    repeated = np.repeat(np.arange(30), weights)
    for rows in (X, sp.csr_array(X)):
        weighted = BlockRidge(blocks).fit(rows, y, sample_weight=weights)
        plain = BlockRidge(blocks).fit(rows[repeated], y[repeated])
        for ours, theirs in zip(
            weighted.predict(X, return_std=True), plain.predict(X, return_std=True), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
        assert weighted.log_marginal_likelihood_ == pytest.approx(
            plain.log_marginal_likelihood_, rel=1e-5, abs=1e-3
        )


def test_the_same_data_give_the_same_bytes() -> None:
    X, y, blocks = make_modules(n_modules=120, n_rows=3_000)
    first, second = (BlockRidge(blocks).fit(X, y) for _ in range(2))
    assert first.coef_.tobytes() == second.coef_.tobytes()
    assert first.variances_.tobytes() == second.variances_.tobytes()
    for one, other in zip(
        first.predict(X, return_std=True), second.predict(X, return_std=True), strict=True
    ):
        assert one.tobytes() == other.tobytes()


def test_parameters_that_do_not_fit_are_refused() -> None:
    X, y, blocks = make_rows()
    for parameters, message in (
        ({"blocks": [0, 1]}, "blocks must be 12 whole numbers"),
        ({"blocks": [-2] * 12}, "blocks must be 12 whole numbers"),
        ({"blocks": [0.5] * 12}, "blocks must be 12 whole numbers"),
        ({"blocks": blocks, "variances": [1.0]}, "variances must be 3 numbers above 0"),
        ({"blocks": blocks, "variances": [1.0, 0.0, 1.0]}, "variances must be 3 numbers above 0"),
        ({"noise": 0.0}, "noise must be above 0"),
    ):
        with pytest.raises(ValueError, match=message):
            BlockRidge(**parameters).fit(X, y)
