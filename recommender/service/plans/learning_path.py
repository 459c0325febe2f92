"""A learning path as the frame of a plan: what may be in it, and in which stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from recommender.arrays import BoolArray
from recommender.candidates import ModuleArrays
from recommender.errors import ConflictError
from recommender.service.framework import Framework
from training_catalog import LearningPath


@dataclass(frozen=True)
class Frame:
    """What a learning path lets into one person's plan.

    Parameters
    ----------
    path : LearningPath
        The path.
    stages : mapping of int to int
        Stage, from 0, of each module that may be planned, by the position of the module.
    """

    path: LearningPath
    stages: Mapping[int, int]

    def name_stage(self, module: int, lang: str) -> str:
        """Return the name of the stage that a module is planned for."""
        return self.path.stages[self.stages[module]].name.in_language(lang)


def is_for_grade(path: LearningPath, grade: str) -> bool:
    """Tell whether a path is meant for people of a grade; one that names none is for all."""
    return not path.grades or grade in path.grades


def refuse_other_grade(
    framework: Framework, path: LearningPath, person_id: str, grade: str
) -> None:
    """Raise a `ConflictError` where a path is not meant for a person's grade."""
    if is_for_grade(path, grade):
        return
    names = {grade.id: grade.name for grade in framework.catalog.grades}
    meant = [names[grade_id] for grade_id in path.grades]
    raise ConflictError(
        "plan.path-for-other-grade",
        person_id=person_id,
        path_id=path.id,
        grade_zh=names[grade].zh_cn,
        grade_en=names[grade].en,
        grades_zh="、".join(name.zh_cn for name in meant),
        grades_en=", ".join(name.en for name in meant),
    )


def frame_plan(
    modules: ModuleArrays,
    path: LearningPath,
    *,
    plannable: Collection[int],
    completed: BoolArray,
) -> Frame:
    """Find which modules a path lets into a plan, and for which stage.

    These are the path's own modules, and with them the modules they need that the person has not
    `completed`, each at the earliest stage that needs it. `plannable` are the modules that could
    be planned without a path.
    """
    position = {name: i for i, name in enumerate(modules.ids)}
    stages = {
        position[name]: number
        for number, stage in enumerate(path.stages)
        for name in stage.modules
        if position[name] in plannable
    }
    # backwards: what a prerequisite itself needs comes in by the stage that it was given
    for module in reversed(modules.prerequisite_order):
        if module in stages:
            for before in modules.prerequisites[module]:
                if not completed[before]:
                    stages[before] = min(stages[module], stages.get(before, stages[module]))
    return Frame(path, stages)
