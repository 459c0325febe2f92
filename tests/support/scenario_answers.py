"""What the core and the oracle say of a scenario, under the same keys as its `expect`."""

import math
from datetime import UTC, date, datetime

import numpy as np
import oracle
from core_inputs import current_levels, exam_arrays, integers
from tiny_catalog import PASS_MARK, SUBJECTS, learning_path, tiny_catalog

from recommender.arrays import to_date
from recommender.candidates import Exclusion, explain_exclusions, find_candidates, permit
from recommender.errors import ConflictError
from recommender.gaps import STANDINGS, find_gaps, judge_standing
from recommender.plan import PlanProblem, choose_plan, find_shortfalls, seek_shortest
from recommender.ranking import Objective, rank_modules
from recommender.scoring import SOURCES, score_sittings
from recommender.service.effective_catalog import add_standards
from recommender.service.framework import build_framework, profiles_in_force
from recommender.service.plans.learning_path import frame_plan
from recommender.store.standards import StoredProposal, StoredTarget

GRADE = "g1"


def _approve(catalog, standards):
    """Return standards as if they had been approved, each upon the one before."""
    present = next(p.targets for p in catalog.profiles if p.grade == GRADE)
    levels = {name: target.level for name, target in present.items()}
    for n, each in enumerate(standards):
        old, levels = levels, levels | each["targets"]
        targets = [
            StoredTarget(name, old[name], levels[name], present[name].weight) for name in levels
        ]
        made = datetime(2026, 1, 1, tzinfo=UTC)
        how = ("by-hand", "approved", "样例", {}, "key:1", made, 1)
        yield StoredProposal(f"standard-{n}", GRADE, each["from"], *how), targets


class Case:
    """A scenario, its catalogue and its rows as the values of the oracle."""

    def __init__(self, scenario):
        self.as_of = scenario.get("as_of", date(2026, 6, 30))
        self.catalog = tiny_catalog(
            scenario["targets"], scenario.get("modules", ()), scenario.get("targets_g2")
        )
        self.names = [c.id for c in self.catalog.competencies]
        self.ratings = [
            (row["of"], oracle.Rating(level, row["by"], row["rater"], rating, row["day"]))
            for row in scenario.get("ratings", ())
            for level in (1, 2, 3, 4)
            for rating in row.get(f"L{level}", ())
        ]
        self.scores = [
            (row["of"], oracle.Score(row["exam"], subject, row[subject], row["day"]))
            for row in scenario.get("exams", ())
            for subject in SUBJECTS
            if subject in row
        ]
        self.imported = [
            (row["of"], oracle.Imported(row["level"], row["standard_error"], row["day"]))
            for row in scenario.get("imported", ())
        ]
        self.completions = {
            row["id"]: (row["completed"],)
            for row in scenario.get("modules", ())
            if "completed" in row
        }
        self.ask = scenario.get("ask", {})
        self.exams_of = {
            c.id: {exam.level: (PASS_MARK, SUBJECTS) for exam in c.exams}
            for c in self.catalog.competencies
            if c.exams
        }
        self.target_grade = self.ask.get("target_grade")
        targets = next(
            p.targets for p in self.catalog.profiles if p.grade == (self.target_grade or GRADE)
        )
        self.targets = {name: targets[name].level for name in self.names}
        standards = sorted(scenario.get("standards", ()), key=lambda each: each["from"])
        if self.target_grade in (None, GRADE):
            for each in standards:
                self.targets |= each["targets"] if each["from"] <= self.as_of else {}
        self.catalog = add_standards(self.catalog, list(_approve(self.catalog, standards)))
        self.weights = {name: targets[name].weight for name in self.names}


def by_the_oracle(case):
    """What the oracle says of a scenario, under the keys of `expect`."""
    result = {"levels": {}, "assess_first": [], "incomplete": []}
    levels, gaps = {}, {}
    for k in case.names:

        def of(rows, k=k):
            return [value for name, value in rows if name == k]

        exams = case.exams_of.get(k)
        found = oracle.current_assessment(
            case.as_of,
            ratings=of(case.ratings),
            scores=of(case.scores),
            exams=exams,
            imported=of(case.imported),
        )
        if exams:
            missing = oracle.score_exams(of(case.scores), exams, case.as_of)[1]
            result["incomplete"] += [f"{k} {level} {day}" for level, day in missing]
        if found is None:
            result["assess_first"].append(k)
            continue
        levels[k] = found.level
        gaps[k] = oracle.find_gap(
            found.level, found.standard_error, case.targets[k], case.weights[k]
        )
        result["levels"][k] = {
            "level": found.level,
            "standard_error": found.standard_error,
            "assessed_on": found.assessed_on,
            "raters_disagree": found.flagged,
            "gap": gaps[k].gap,
            "confidence": gaps[k].confidence,
            "priority": gaps[k].priority,
            "standing": gaps[k].standing,
        }
    order = oracle.priority_order(
        [gaps.get(k) for k in case.names], [case.weights[k] for k in case.names]
    )
    result["priorities"] = [case.names[i] for i in order]
    return result | _chosen_by_the_oracle(case, levels, {k: g.gap for k, g in gaps.items()})


def _chosen_by_the_oracle(case, levels, gaps):
    modules = {
        m.id: oracle.Module(
            m.id,
            {part.id: (part.from_level, part.to_level) for part in m.competencies},
            hours=m.hours,
            cost=m.cost,
            modality=m.modality.value,
            prerequisites=m.prerequisites,
            repeat_months=m.repeat_months,
            grades=m.grades,
            retired=m.retired,
        )
        for m in case.catalog.modules
    }
    improves = {
        m.id: {part.id: part.expert_improvement for part in m.competencies}
        for m in case.catalog.modules
    }
    found = oracle.find_candidates(
        modules.values(),
        levels,
        case.targets,
        grade=GRADE,
        target_grade=case.target_grade,
        modalities=case.ask.get("modalities"),
        completions=case.completions,
        as_of=case.as_of,
    )
    own_code = {
        "retired": "retired",
        "grade": "wrong-grade",
        "modality": "modality-not-allowed",
        "completed": "completed-recently",
        "prerequisite": "prerequisite-not-met",
    }
    excluded, closes, choices = {}, {}, []
    for name, (serves, against) in found.items():
        if against:
            excluded[name] = {own_code[reason] for reason in against if reason in own_code}
            for k, step in modules[name].steps.items():
                excluded[name] |= oracle.faults_of_step(levels.get(k), case.targets[k], *step)
            continue
        closes[name] = oracle.expected_gap_closed(serves, improves[name], gaps, case.weights)
        choices.append(
            oracle.Choice(
                name,
                {k: improves[name][k] for k in serves},
                hours=modules[name].hours,
                cost=modules[name].cost,
                prerequisites=tuple(
                    p for p in modules[name].prerequisites if p not in case.completions
                ),
                starts={k: modules[name].steps[k][0] for k in serves},
            )
        )
    ranking = oracle.rank(
        [modules[name] for name in closes], closes, case.ask.get("objective", "gap")
    )
    stages = None
    if "path" in case.ask:
        stages = oracle.stages_on_path(choices, case.ask["path"])
        choices = [c for c in choices if c.id in stages]
    search = oracle.shortest_plan if case.ask.get("shortest") else oracle.best_plan
    best = search(
        choices,
        gaps,
        case.weights,
        hours_budget=case.ask.get("hours"),
        cost_budget=case.ask.get("cost"),
        must=case.ask.get("must", ()),
        without=case.ask.get("without", ()),
    )
    result = {"excluded": excluded, "closes": closes, "ranking": ranking, "plan": "impossible"}
    if best is not None:
        chosen = [c for c in choices if c.id in best[0]]
        result["plan"] = oracle.order_items(chosen, gaps, case.weights, stages)
        result["plan_closes"] = oracle.closed_by(chosen, gaps, case.weights)
        result["unserved"] = list(oracle.unserved_priorities(gaps, case.weights, chosen))
    return result


def by_the_core(case):
    """What the core says of a scenario, under the keys of `expect`."""
    framework = build_framework(case.catalog)
    position = {name: k for k, name in enumerate(framework.competency_ids)}
    rows = {
        kind: [(0, position[name], value) for name, value in getattr(case, kind)]
        for kind in ("ratings", "scores", "imported")
    }
    exams_of = {position[name]: exams for name, exams in case.exams_of.items()}
    current, sources = current_levels(
        case.as_of,
        oracle.Rules(),
        **rows,
        exams_of=exams_of,
        n_people=1,
        n_competencies=len(case.names),
    )
    profile = profiles_in_force(framework, case.as_of)[case.target_grade or GRADE].targets
    targets = np.array([[profile[name].level for name in framework.competency_ids]])
    weights = np.array([[profile[name].weight for name in framework.competency_ids]])
    gaps = find_gaps(current.level, targets, current.standard_error, weights=weights)
    standings = judge_standing(gaps.gap, near_gap=case.catalog.settings.near_gap)
    sittings = score_sittings(exam_arrays(rows["scores"], exams_of), framework.exam_rules)
    result = {
        "levels": {},
        "assess_first": [k for i, k in enumerate(case.names) if np.isnan(gaps.gap[0, i])],
        "incomplete": [
            f"{case.names[sittings.competency[i]]} {sittings.level[i]} {to_date(sittings.day[i])}"
            for i in np.flatnonzero(~sittings.complete)
        ],
        "priorities": _with_gap_by_priority(case.names, gaps, weights),
    }
    for i, name in enumerate(case.names):
        if name in result["assess_first"]:
            assert current.source[0, i] == -1
            continue
        source = current.source[0, i]
        assert SOURCES[source] in ("ratings", "exams", "imported")
        result["levels"][name] = {
            "level": current.level[0, i],
            "standard_error": current.standard_error[0, i],
            "assessed_on": to_date(current.day[0, i]),
            "raters_disagree": bool(sources[source].disagreement[current.row[0, i]]),
            "gap": gaps.gap[0, i],
            "confidence": gaps.confidence[0, i],
            "priority": gaps.priority[0, i],
            "standing": STANDINGS[standings[0, i]],
        }
    return result | _chosen_by_the_core(case, framework, current.level, targets, weights, gaps)


def _with_gap_by_priority(names, gaps, weights):
    """Competencies with a gap, by the priorities that the core computes."""
    rows = zip(names, gaps.gap[0], gaps.priority[0].round(9), weights[0], strict=True)
    with_gap = [(-priority, -weight, name) for name, gap, priority, weight in rows if gap > 0]
    return [name for *_, name in sorted(with_gap, key=lambda row: row[:2])]


def _chosen_by_the_core(case, framework, levels, targets, weights, gaps):
    modules = framework.modules
    months = {m.id: m.repeat_months for m in case.catalog.modules}
    ever = np.array([[name in case.completions for name in modules.ids]], dtype=bool)
    recently = np.array(
        [
            [
                name in case.completions
                and case.completions[name][0] >= oracle.months_before(case.as_of, months[name])
                for name in modules.ids
            ]
        ],
        dtype=bool,
    )
    target = case.target_grade
    asked = {
        "recently_completed": recently,
        "modalities": case.ask.get("modalities"),
        "target_grade": None if target is None else framework.grade_ids.index(target),
    }
    grade = integers([framework.grade_ids.index(GRADE)])
    found = find_candidates(
        levels, targets, modules, permitted=permit(modules, grade, **asked), completed=ever
    )
    reasons = explain_exclusions(
        levels, targets, modules, grade=grade, candidate=found.candidate, **asked
    )[0]
    ranked = rank_modules(
        levels,
        targets,
        weights,
        modules,
        modules.pair_expert[:, None],
        grade=grade,
        top=max(1, len(modules.ids)),
        objective=Objective(case.ask.get("objective", "gap")),
        completed=ever,
        **asked,
    )
    ranking = [modules.ids[m] for m in ranked.module[0] if m >= 0]
    closed = ranked.expected_gap_closed[0, : len(ranking)].tolist()
    result = {
        "excluded": {
            name: {Exclusion(int(reasons[m])).code}
            for m, name in enumerate(modules.ids)
            if reasons[m]
        },
        "ranking": ranking,
        "closes": dict(zip(ranking, closed, strict=True)),
        "plan": "impossible",
    }
    problem = _plan_problem(case, modules, found, weights, gaps, ever)
    if case.ask.get("shortest"):
        problem = seek_shortest(problem)
    try:
        plan = choose_plan(problem)
    except ConflictError:
        return result
    ids = [problem.module_ids[i] for i in plan.order]
    short = find_shortfalls(problem, plan.order, near_gap=case.catalog.settings.near_gap)
    return result | {
        "plan": ids,
        "plan_closes": plan.expected_gap_closed,
        "unserved": [case.names[k] for k in short],
    }


def _plan_problem(case, modules, found, weights, gaps, ever):
    """The candidates of a scenario, less the unwanted and what needs them, as a plan problem."""
    pool = [m for m in np.flatnonzero(found.candidate[0]) if modules.ids[m] not in _unwanted(case)]
    pool.sort(key=lambda m: modules.ids[m])
    stages = ()
    if "path" in case.ask:
        path = learning_path(case.ask["path"])
        frame = frame_plan(modules, path, plannable=pool, completed=ever[0])
        pool = [m for m in pool if m in frame.stages]
        stages = tuple(frame.stages[m] for m in pool)
    improvement = np.zeros((len(pool), len(case.names)))
    from_level = np.full_like(improvement, np.nan)
    for pair in np.flatnonzero(found.serves[0]):
        if modules.pair_module[pair] in pool:
            row = pool.index(modules.pair_module[pair])
            improvement[row, modules.pair_competency[pair]] = modules.pair_expert[pair]
            from_level[row, modules.pair_competency[pair]] = modules.pair_from[pair]
    return PlanProblem(
        module_ids=tuple(modules.ids[m] for m in pool),
        hours=modules.hours[pool],
        cost=modules.cost[pool],
        improvement=improvement,
        gap=np.nan_to_num(gaps.gap[0], nan=0.0),
        weight=weights[0],
        prerequisites=tuple(
            tuple(pool.index(p) for p in modules.prerequisites[m] if not ever[0, p]) for m in pool
        ),
        hour_price=case.catalog.settings.hour_price,
        hours_budget=case.ask.get("hours", math.inf),
        cost_budget=case.ask.get("cost", math.inf),
        must=frozenset(i for i, m in enumerate(pool) if modules.ids[m] in case.ask.get("must", ())),
        stages=stages,
        from_level=from_level,
    )


def _unwanted(case):
    unwanted = set(case.ask.get("without", ()))
    for _ in case.catalog.modules:
        unwanted |= {
            m.id
            for m in case.catalog.modules
            if any(p in unwanted and p not in case.completions for p in m.prerequisites)
        }
    return unwanted
