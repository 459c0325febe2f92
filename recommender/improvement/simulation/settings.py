"""What simulated histories are drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TOP_LEVEL = 4.0
MODALITIES = ("workshop", "online", "coaching", "project", "classroom")
DAY_ZERO = np.datetime64("2021-01-01")
HISTORY_DAYS = 1080
DAYS_PER_MONTH = 365.25 / 12
# The lag that effects are asked for unless told, as that of the effect model.
ASKED_SINCE = 6.0


@dataclass(frozen=True)
class SimulationSettings:
    """What a simulated history is drawn from; every spread is a standard deviation in levels.

    Parameters
    ----------
    n_people, n_competencies, n_modules : int
        Size of the organisation and of its catalogue.
    n_trained, n_untrained : int
        Intervals with and without a module.
    reliability : float
        Share of the variance of a recorded level that is of the true one, in (0, 1].
    ability_spread, level_spread : float
        Spread of a person's general level, and of one competency around it.
    mean_effect : float
        What an average module adds to a person who is ready for it, in levels.
    module_spread, pair_spread, competency_spread, modality_spread, hours_spread, mix_spread : float
        Spread of the effect by module, module x competency, competency, modality, hours, and
        competency x modality.
    readiness : {"mild", "headroom", "hump", "window", "linear", "none"}
        How the effect depends on the true starting level relative to the module's levels.
    multiplicative : bool
        Whether readiness scales the whole effect, or only its mean.
    recorded_selection, private_selection : float
        How strongly nomination follows a low recorded level, and a true level below it.
    quality_selection : float
        How strongly nominations go to modules that in truth are good.
    growth : float
        What a person at level 0 gains in a year without training, in levels.
    drift_spread : float
        Spread of the change of a module's effect over the history.
    response_spread : float
        Spread of the effect between people who start alike.
    heavy_tail : float
        Shape of the Pareto law of participation and popularity; smaller is more uneven.
    unrecorded_share : float
        Share of modules that nobody has taken.
    noise_tail : float
        Degrees of freedom of the rating noise; infinite for a normal one.
    shared_share : float
        Share of the trained intervals in which a second module of the competency was completed;
        both effects add up.
    fading_half_life : float
        Months after which half of an effect is left; infinite where effects last.
    form_shift : float
        What a new rating form adds to the recorded levels of the last third of the history.
    trained_later : float
        How much later trained intervals lie than the others; 0 for alike, 2 for three years'
        training mostly in the third.
    n_duplicates : int
        Further exact copies of every interval.
    n_wait_listed : int
        Intervals of people who were nominated like the others, and not trained yet.
    hidden_share : float
        Share of the untrained intervals in which people took a module that nobody recorded.
    """

    n_people: int = 5000
    n_competencies: int = 18
    n_modules: int = 120
    n_trained: int = 5000
    n_untrained: int = 15000
    reliability: float = 0.75
    ability_spread: float = 0.45
    level_spread: float = 0.65
    mean_effect: float = 0.35
    module_spread: float = 0.15
    pair_spread: float = 0.12
    competency_spread: float = 0.1
    modality_spread: float = 0.1
    hours_spread: float = 0.08
    mix_spread: float = 0.0
    readiness: str = "mild"
    multiplicative: bool = True
    recorded_selection: float = 1.0
    private_selection: float = 0.5
    quality_selection: float = 0.5
    growth: float = 0.12
    drift_spread: float = 0.08
    response_spread: float = 0.1
    heavy_tail: float = 1.5
    unrecorded_share: float = 0.1
    noise_tail: float = float("inf")
    shared_share: float = 0.0
    fading_half_life: float = float("inf")
    form_shift: float = 0.0
    trained_later: float = 0.0
    n_duplicates: int = 0
    n_wait_listed: int = 0
    hidden_share: float = 0.0
