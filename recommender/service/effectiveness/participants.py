"""Levels 1 and 2: what participants said of a module, and what they know after it."""

from __future__ import annotations

import numpy as np

from recommender.effectiveness.estimate import Estimate, estimate_mean
from recommender.effectiveness.learning import ScorePairs, compare_scores, pair_sittings
from recommender.improvement.history import AFTER_WINDOW_DAYS, BEFORE_WINDOW_DAYS
from recommender.service.effectiveness.results import Learning, Reaction, Reason
from recommender.service.effectiveness.sources import Sources
from recommender.service.effectiveness.told import Teller
from recommender.service.groups.disclosure import SMALL_CELL
from training_catalog import TrainingModule


def measure_reaction(sources: Sources, module: TrainingModule) -> tuple[Reaction, Estimate | None]:
    """Return what participants said of a module, as the reader is told it and as it is."""
    tell = Teller(sources.exactly)
    participants = sources.participants(module.id)
    scores = sources.scores_of(module.id)
    if scores.size < SMALL_CELL:
        few = Reason("few-answers", {"needed": SMALL_CELL})
        return Reaction(None, None, tell.count(participants), None, missing=few), None
    score = estimate_mean(scores)
    # who answers need not have been entered as a participant
    rate = min(1.0, scores.size / participants) if participants >= SMALL_CELL else None
    told = Reaction(
        score=tell.estimate(score, 1),
        answers=tell.count(scores.size),
        participants=tell.count(participants),
        response_rate=None if rate is None else tell.number(rate, 1),
    )
    return told, score


def measure_learning(sources: Sources, module: TrainingModule) -> tuple[Learning, ...]:
    """Return the gain in the exams of each knowledge competency that a module serves."""
    framework = sources.framework
    with_exams = [step.id for step in module.competencies if framework.competencies[step.id].exams]
    if not with_exams:
        return ()
    completed = np.full(len(sources.position), -1, dtype=np.int64)
    person, day = sources.first_completions(module.id)
    completed[person] = day
    pairs = pair_sittings(
        sources.sittings, completed, within_days=(BEFORE_WINDOW_DAYS, AFTER_WINDOW_DAYS)
    )
    return tuple(_describe(sources, pairs, name) for name in with_exams)


def _describe(sources: Sources, pairs: ScorePairs, competency_id: str) -> Learning:
    tell = Teller(sources.exactly)
    rows = pairs.competency == sources.framework.competency_ids.index(competency_id)
    people = int(rows.sum())
    if people < SMALL_CELL:
        few = Reason("few-sittings", {"needed": SMALL_CELL})
        return Learning(competency_id, None, None, None, tell.count(people), missing=few)
    compared = compare_scores(pairs.before[rows], pairs.after[rows], pairs.failed_before[rows])
    cautions = {"at-ceiling": compared.at_ceiling, "many-failed": compared.many_failed}
    return Learning(
        competency_id=competency_id,
        gain=tell.estimate(compared.gain, 0),
        before=tell.number(compared.before, 0),
        after=tell.number(compared.after, 0),
        people=tell.count(people),
        cautions=tuple(Reason(code) for code, is_so in cautions.items() if is_so),
    )
