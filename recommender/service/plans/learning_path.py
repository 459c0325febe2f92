"""A learning path as the frame of a plan: what may be in it, and in which stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from recommender.arrays import BoolArray
from recommender.candidates import ModuleArrays
from recommender.errors import ConflictError, NotFoundError
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
        Position of each module that may be planned, to the stage it is for, from 0.
    """

    path: LearningPath
    stages: Mapping[int, int]

    def name_stage(self, module: int, lang: str) -> str:
        """Return the name of the stage that a module is planned for."""
        return self.path.stages[self.stages[module]].name.in_language(lang)


def find_path(framework: Framework, path_id: str) -> LearningPath:
    """Look a learning path up.

    Parameters
    ----------
    path_id : str
        Its id.

    Returns
    -------
    LearningPath
        The path.

    Raises
    ------
    NotFoundError
        If the catalogue has no such path; the hint names those there are.
    """
    paths = {path.id: path for path in framework.catalog.paths}
    if path_id not in paths:
        raise NotFoundError("path.unknown", path_id=path_id, paths=", ".join(paths) or "–")
    return paths[path_id]


def is_for_grade(path: LearningPath, grade: str) -> bool:
    """Tell whether a path is meant for people of a grade."""
    return not path.grades or grade in path.grades


def refuse_other_grade(
    framework: Framework, path: LearningPath, person_id: str, grade: str
) -> None:
    """Raise a `ConflictError` where a path is not meant for a person's grade."""
    if is_for_grade(path, grade):
        return
    names = {each.id: each.name for each in framework.catalog.grades}
    meant = [names[name] for name in path.grades]
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

    Parameters
    ----------
    modules : ModuleArrays
        All modules.
    path : LearningPath
        The path.
    plannable : collection of int
        Positions of the modules that could be planned if there were no path.
    completed : ndarray of shape (n_modules,)
        Whether the person ever completed the module.

    Returns
    -------
    Frame
        The path's modules, and with them what they need and the person has not completed, at
        the earliest stage that needs it.
    """
    position = {name: i for i, name in enumerate(modules.ids)}
    stages = {
        position[name]: number
        for number, stage in enumerate(path.stages)
        for name in stage.modules
        if position[name] in plannable
    }
    for module in reversed(modules.prerequisite_order):
        if module in stages:
            for before in modules.prerequisites[module]:
                if not completed[before]:
                    stages[before] = min(stages[module], stages.get(before, stages[module]))
    return Frame(path, stages)
