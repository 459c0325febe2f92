"""Catalogues with one fault planted in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from training_catalog import Catalog, Modality, ModuleCompetency, Outcome, Text
from training_catalog.files.assembly import build_catalog

MODULE = "lost-deal-review-workshop"
OTHER = "steady-rhythm-in-slumps"


def change_module(catalog: Catalog, module_id: str, **fields: Any) -> Catalog:
    """Return the catalogue with fields of one module replaced."""
    return build_catalog(
        catalog.model_copy(
            update={
                "modules": tuple(
                    m.model_copy(update=fields) if m.id == module_id else m for m in catalog.modules
                )
            }
        )
    )


def change_item(catalog: Catalog, part: str, at: int, **fields: Any) -> Catalog:
    """Return the catalogue with fields of one item of a part replaced."""
    items = list(getattr(catalog, part))
    items[at] = items[at].model_copy(update=fields)
    return build_catalog(catalog.model_copy(update={part: tuple(items)}))


def module(catalog: Catalog, module_id: str) -> Any:
    """Return a module."""
    return next(m for m in catalog.modules if m.id == module_id)


def _no_module_for_step(catalog: Catalog) -> Catalog:
    kept = tuple(
        m
        for m in catalog.modules
        if not any(p.id == "resilience" and p.from_level == 1 for p in m.competencies)
    )
    return build_catalog(catalog.model_copy(update={"modules": kept}))


def _outcomes(catalog: Catalog, *outcomes: Outcome) -> Catalog:
    return change_module(catalog, MODULE, outcomes=outcomes)


def _near_duplicate(catalog: Catalog) -> Catalog:
    first = module(catalog, MODULE)
    copy = first.model_copy(
        update={
            "id": "planted-near-duplicate",
            "title": Text(zh_cn="另一个名称", en="Another title"),
            "outcomes": tuple(
                o.model_copy(update={"text": Text(zh_cn=f"再次{o.text.zh_cn}", en=o.text.en)})
                for o in first.outcomes
            ),
            "modality": Modality.ONLINE,
        }
    )
    return build_catalog(catalog, extra_modules=[copy])


def _weight(catalog: Catalog) -> Catalog:
    profile = catalog.profiles[0]
    first, second = list(profile.targets)[:2]
    targets = dict(profile.targets)
    for name, change in ((first, 0.1), (second, -0.1)):
        weight = round(targets[name].weight + change, 2)
        targets[name] = targets[name].model_copy(update={"weight": weight})
    return change_item(catalog, "profiles", 0, targets=targets)


def _no_duty(catalog: Catalog) -> Catalog:
    profile = catalog.job_profile
    assert profile is not None

    def without(elements: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            e.model_copy(
                update={"relevance": {k: v for k, v in e.relevance.items() if k != "resilience"}}
            )
            for e in elements
        )

    changed = profile.model_copy(
        update={
            "duties": without(profile.duties),
            "result_measures": without(profile.result_measures),
        }
    )
    return build_catalog(catalog.model_copy(update={"job_profile": changed}))


def _exam(catalog: Catalog, modules: tuple[str, ...]) -> Catalog:
    first = catalog.certifications[0].exams[0].model_copy(update={"modules": modules})
    exams = (first, *catalog.certifications[0].exams[1:])
    return change_item(catalog, "certifications", 0, exams=exams)


def _path(catalog: Catalog, *modules: str) -> Catalog:
    stage = catalog.paths[0].stages[0].model_copy(update={"modules": modules})
    others = [
        other.model_copy(update={"modules": tuple(m for m in other.modules if m not in modules)})
        for other in catalog.paths[0].stages[1:]
    ]
    return change_item(catalog, "paths", 0, stages=(stage, *others))


def _step(start: float, end: float) -> tuple[ModuleCompetency, ...]:
    return (ModuleCompetency(id="resilience", from_level=start, to_level=end),)


PLANTS: dict[str, Callable[[Catalog], Catalog]] = {
    "no-module-for-step": _no_module_for_step,
    "few-modules-for-step": lambda c: change_module(c, MODULE, retired=True),
    "above-every-target": lambda c: change_module(
        c, MODULE, competencies=_step(3, 4), grades=("g1",)
    ),
    "behind-unreachable": lambda c: change_module(
        change_module(c, OTHER, retired=True), MODULE, prerequisites=(OTHER,)
    ),
    "prerequisite-above": lambda c: change_module(
        c, MODULE, prerequisites=("rejected-major-bid-emergency-sandbox",)
    ),
    "step-without-prerequisite": lambda c: change_module(
        c, "using-criticism-one-to-one", prerequisites=()
    ),
    "prerequisite-below": lambda c: change_module(
        c, MODULE, prerequisites=("first-lost-deal-mentoring",)
    ),
    "prerequisite-not-for-grade": lambda c: change_module(
        change_module(c, OTHER, grades=("g2", "g3", "g4")), MODULE, prerequisites=(OTHER,)
    ),
    "no-outcome": lambda c: _outcomes(c),
    "outcome-elsewhere": lambda c: _outcomes(
        c,
        *module(c, MODULE).outcomes,
        Outcome(serves=("resilience.4.1",), text=Text(zh_cn="带教他人复盘", en="Coach reviews")),
    ),
    "competency-without-outcome": lambda c: change_module(
        c,
        MODULE,
        competencies=(
            *module(c, MODULE).competencies,
            ModuleCompetency(id="execution", from_level=1, to_level=2),
        ),
    ),
    "indicator-without-outcome": _no_module_for_step,
    "same-outcomes": lambda c: _outcomes(c, *module(c, OTHER).outcomes),
    "repeated-outcome": lambda c: _outcomes(
        c, *module(c, MODULE).outcomes, module(c, OTHER).outcomes[0]
    ),
    "same-title": lambda c: change_module(c, MODULE, title=module(c, OTHER).title),
    "near-duplicate": _near_duplicate,
    "no-chinese": lambda c: change_module(
        c, MODULE, purpose=Text(zh_cn="Review lost deals", en="Review lost deals")
    ),
    "no-english": lambda c: change_module(
        c, MODULE, purpose=Text(zh_cn="复盘丢单", en="Review 丢单")
    ),
    "forbidden-term": lambda c: change_module(
        c, MODULE, purpose=Text(zh_cn="讲给受训者听的复盘", en="The review as taught")
    ),
    "unpaired-term": lambda c: change_module(
        c, MODULE, purpose=Text(zh_cn="复盘一次专线丢单", en="Review a lost deal")
    ),
    "two-translations": lambda c: change_module(
        c, MODULE, owner=Text(zh_cn=module(c, OTHER).owner.zh_cn, en="Some other office")
    ),
    "weight-not-derived": _weight,
    "competency-without-duty": _no_duty,
    "exam-unprepared": lambda c: _exam(c, ()),
    "preparation-elsewhere": lambda c: _exam(c, (MODULE,)),
    "path-order": lambda c: _path(c, "first-month-list-visit-coaching"),
    "path-retired": lambda c: change_module(c, "standard-product-pitch-basics", retired=True),
    "path-not-for-grade": lambda c: change_module(
        c, "standard-product-pitch-basics", grades=("g2",)
    ),
}

# planted together, as it takes long to write, read and judge a catalogue; no fault hides one of
# its group, and the last two groups have warnings only
TOGETHER: tuple[tuple[str, ...], ...] = (
    (
        *("no-module-for-step", "indicator-without-outcome", "weight-not-derived"),
        *("competency-without-duty", "exam-unprepared"),
        *("path-order", "path-retired", "path-not-for-grade"),
    ),
    (
        *("few-modules-for-step", "behind-unreachable", "prerequisite-above", "no-outcome"),
        *("same-title", "no-chinese", "two-translations", "preparation-elsewhere"),
    ),
    (
        *("above-every-target", "prerequisite-below", "prerequisite-not-for-grade"),
        *("outcome-elsewhere", "same-outcomes", "repeated-outcome", "near-duplicate"),
        "no-english",
    ),
    ("step-without-prerequisite", "competency-without-outcome", "forbidden-term"),
    ("unpaired-term",),
)


def plant(catalog: Catalog, codes: Iterable[str]) -> Catalog:
    """Return the catalogue with the fault of each code planted in it."""
    for code in codes:
        catalog = PLANTS[code](catalog)
    return catalog
