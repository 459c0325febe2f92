"""Where people would stand if something were otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.service.framework import Framework, profiles_in_force
from recommender.service.levels.standing import Standing


def assume_grade(standing: Standing, framework: Framework, grade: str) -> Standing:
    """Return a standing as if everybody in it had a grade: other targets, the same levels."""
    targets = profiles_in_force(framework, standing.as_of)[grade].targets
    in_order = [targets[name] for name in framework.competency_ids]
    shape = standing.targets.shape
    return replace(
        standing,
        people=standing.people.assign(grade=grade),
        grade=np.full_like(standing.grade, framework.grade_ids.index(grade)),
        targets=np.broadcast_to([target.level for target in in_order], shape).astype(float),
        weights=np.broadcast_to([target.weight for target in in_order], shape).astype(float),
    )
