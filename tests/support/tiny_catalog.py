"""A catalogue of three competencies, for the scenarios that HR checks by hand."""

from datetime import date

from training_catalog import (
    Catalog,
    CatalogSettings,
    Category,
    Competency,
    CompetencyLevel,
    Exam,
    Grade,
    Indicator,
    LearningPath,
    LevelDefinition,
    ModuleCompetency,
    PathStage,
    Subject,
    Target,
    TargetProfile,
    Text,
    TrainingModule,
)

NAMES = {"speaking": "口头表达", "writing": "书面表达", "products": "产品知识"}
KNOWLEDGE = frozenset({"products"})
GRADES = ("g1", "g2")
PASS_MARK = 80.0
SUBJECTS = {"theory": 0.6, "practice": 0.4}


def text(zh, en):
    return Text(zh_cn=zh, en=en)


def _level(name, level):
    behavioural = name not in KNOWLEDGE
    return CompetencyLevel(
        level=level,
        headline=text(f"{NAMES[name]} {level} 级", f"{name} at level {level}"),
        provenance="authored",
        indicators=tuple(
            Indicator(
                id=f"{name}.{level}.{n}",
                text=text(f"第 {n} 项行为", f"behaviour {n}"),
                provenance="authored",
            )
            for n in (1, 2, 3)
            if behavioural
        ),
    )


def _exam(level):
    subjects = [
        Subject(id=name, name=text(name, name), weight=weight) for name, weight in SUBJECTS.items()
    ]
    return Exam(level=level, pass_mark=PASS_MARK, subjects=tuple(subjects))


def _competency(name):
    knowledge = name in KNOWLEDGE
    return Competency(
        id=name,
        category="all",
        kind="knowledge" if knowledge else "behavioural",
        name=text(NAMES[name], name),
        definition=text(NAMES[name], name),
        provenance="authored",
        levels=tuple(_level(name, level) for level in (1, 2, 3, 4)),
        exams=tuple(_exam(level) for level in (1, 2, 3, 4)) if knowledge else (),
    )


def _module(given):
    """A module as a scenario writes it: `for` one competency, or `serves` several."""
    serves = given.get("serves") or {given["for"]: given}
    return TrainingModule(
        id=given["id"],
        title=text(given["id"], given["id"]),
        competencies=tuple(
            ModuleCompetency(
                id=name,
                from_level=step["from"],
                to_level=step["to"],
                expert_improvement=step["improves"],
            )
            for name, step in serves.items()
        ),
        modality=given.get("modality", "classroom"),
        hours=given.get("hours", 8),
        cost=given.get("cost", 0),
        prerequisites=tuple(given.get("needs", ())),
        grades=tuple(given.get("grades", GRADES)),
        retired=given.get("retired", False),
    )


def learning_path(stages):
    """A path as a scenario writes it: the modules of each stage."""
    return LearningPath(
        id="path",
        name=text("路径", "path"),
        purpose=text("样例", "an example"),
        audience=text("所有人", "everybody"),
        stages=tuple(
            PathStage(name=text(f"第 {n} 阶段", f"stage {n}"), until_week=n, modules=tuple(names))
            for n, names in enumerate(stages, 1)
        ),
    )


def _profile(names, targets):
    return {
        name: Target(
            level=targets[name]["level"],
            weight=targets[name].get("weight", 1.0),
            rationale=text("样例", "an example"),
        )
        for name in names
    }


def tiny_catalog(targets, modules=(), targets_g2=None):
    """The catalogue of a scenario; it has the competencies that have a target.

    The targets of grade g2 are those of g1 unless they are given.
    """
    names = [name for name in NAMES if name in targets]
    profiles = {"g1": _profile(names, targets), "g2": _profile(names, targets_g2 or targets)}
    return Catalog(
        id="tiny",
        name=text("样例", "Example"),
        digest="",
        settings=CatalogSettings(),
        levels=tuple(
            LevelDefinition(level=n, name=text(f"{n} 级", f"level {n}"), definition=text("–", "–"))
            for n in (1, 2, 3, 4)
        ),
        grades=tuple(Grade(id=name, name=text(name, name)) for name in GRADES),
        categories=(Category(id="all", name=text("全部", "all"), competencies=tuple(names)),),
        competencies=tuple(_competency(name) for name in names),
        profiles=tuple(
            TargetProfile(
                grade=grade,
                name=text(grade, grade),
                effective_on=date(2020, 1, 1),
                targets=profiles[grade],
            )
            for grade in GRADES
        ),
        modules=tuple(_module(given) for given in modules),
    )
