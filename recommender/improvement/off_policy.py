"""What a ranking would have gained, estimated from the nominations of another one.

References
----------
Swaminathan & Joachims (2015), The self-normalized estimator for counterfactual learning, NIPS;
Dudík, Langford & Li (2011), Doubly robust policy evaluation and learning, ICML.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray
from recommender.errors import ShapeMismatchError

# A nomination that was very improbable would otherwise outweigh all others (MODEL.md, finding 6);
# the price is a little bias.
WEIGHT_CLIP = 20.0


@dataclass(frozen=True)
class PolicyValue:
    """Value of a ranking, from nominations made by another.

    Attributes
    ----------
    self_normalised, doubly_robust : float
        Mean outcome had the ranking nominated, in the units of the outcome.
    standard_error : float
        Of `doubly_robust`.
    effective_sample_size : float
        How many records the weighted ones are worth.
    clipped_share : float
        Share of matching records whose weight was cut at 20.
    """

    self_normalised: float
    doubly_robust: float
    standard_error: float
    effective_sample_size: float
    clipped_share: float


def off_policy_value(
    outcome: FloatArray,
    propensity: FloatArray,
    matches: BoolArray,
    *,
    expected_logged: FloatArray | None = None,
    expected_chosen: FloatArray | None = None,
) -> PolicyValue:
    """Value of a ranking from logged nominations.

    Parameters
    ----------
    outcome : ndarray of shape (n,)
        Measured gain after the logged nomination (r in Dudík et al.), in levels.
    propensity : ndarray of shape (n,)
        Probability with which the logged module was nominated, in (0, 1].
    matches : ndarray of bool, shape (n,)
        Whether the ranking would have nominated the same module.
    expected_logged, expected_chosen : ndarray of shape (n,), optional
        A model's gain for the logged module and for the ranking's choice; default 0.

    Returns
    -------
    PolicyValue
        NaN where no record matches.
    """
    if not outcome.shape == propensity.shape == matches.shape:
        raise ShapeMismatchError("outcome, propensity and matches must have one shape")
    logged = np.zeros_like(outcome) if expected_logged is None else expected_logged
    chosen = np.zeros_like(outcome) if expected_chosen is None else expected_chosen
    # np.where evaluates both branches: no division by 0 for rows that do not match.
    raw = np.where(matches, 1.0 / np.maximum(propensity, 1e-12), 0.0)
    weights = np.minimum(raw, WEIGHT_CLIP)
    total = float(weights.sum())
    if total == 0.0:
        nan = float("nan")
        return PolicyValue(nan, nan, nan, 0.0, nan)
    # Doubly robust: the model's guess for the choice, corrected by what was measured where the log
    # made the same choice.
    terms = chosen + weights * (outcome - logged)
    return PolicyValue(
        self_normalised=float(weights @ outcome) / total,
        doubly_robust=float(terms.mean()),
        standard_error=float(terms.std() / np.sqrt(terms.size)),
        # Kish's formula.
        effective_sample_size=total**2 / float(weights @ weights),
        clipped_share=float((raw > WEIGHT_CLIP).sum() / matches.sum()),
    )
