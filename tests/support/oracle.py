"""The arithmetic of DESIGN, section 4, once more: plain, slow and obvious.

Written from the text alone, before and apart from `recommender`. One person at a time, exact
fractions where the text allows, no numpy. It is what the core is held to, so it must stay readable
beside the text: where the two differ, the text decides.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations
from math import erf, inf, sqrt
from statistics import variance

TIE = 1e-9  # two values of plans nearer than this are a tie
DECIMALS = 12  # levels are compared after rounding to this many decimals
LEVELS = (1, 2, 3, 4)


def exact(number):
    """The decimal number that was written: 0.2 is a fifth, not the float next to it."""
    return number if isinstance(number, Fraction) else Fraction(str(number))


def rounded(number):
    return round(float(number), DECIMALS)


def months_before(day, months):
    """The same day so many calendar months earlier; the last of the month where there is none."""
    count = day.year * 12 + (day.month - 1) - months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


# --- what is given ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rating:
    level: int  # of the indicator
    rater_type: str
    rater_id: str
    rating: int | None  # 0..3; None: not observed
    rated_on: date


@dataclass(frozen=True)
class Score:
    exam_level: int
    subject: str
    score: float
    sat_on: date


@dataclass(frozen=True)
class Imported:
    level: float
    standard_error: float
    assessed_on: date


@dataclass(frozen=True)
class Rules:
    """The settings of a catalogue, with the defaults of the design."""

    rater_weights: dict = field(
        default_factory=lambda: {"manager": 0.5, "peer": 0.2, "customer": 0.2, "self": 0.1}
    )
    rating_standard_error: float = 0.35
    exam_standard_error: float = 0.15
    rating_window_days: int = 90
    assessment_validity_months: int = 18
    exam_validity_months: int = 24
    near_gap: float = 0.1
    hour_price: float = 0.002
    readiness: float = 0.5


@dataclass(frozen=True)
class Assessment:
    level: float
    standard_error: float
    assessed_on: date
    flagged: bool = False


# --- behavioural competencies -------------------------------------------------------------------


def mean(numbers):
    numbers = list(numbers)
    return sum(numbers, Fraction(0)) / len(numbers)


def cumulated_level(fulfilment):
    """c_1 = f_1, c_L = min(f_L, c_{L-1}); the sum of the four."""
    total, below = Fraction(0), Fraction(1)
    for level in LEVELS:
        below = min(fulfilment[level], below)
        total += below
    return total


def with_unasked_levels(rated):
    """A level nobody rated is fulfilled as the next higher rated one; above the highest, 0."""
    return {
        level: rated[min(higher)] if (higher := [r for r in rated if r >= level]) else Fraction(0)
        for level in LEVELS
    }


def own_level(ratings, combined):
    """Level from the ratings of one type, or of one rater; what it did not rate is as combined."""
    fulfilment = dict(combined)
    for level in LEVELS:
        scores = [Fraction(r.rating) for r in ratings if r.level == level]
        if scores:
            fulfilment[level] = mean(scores) / 3
    return cumulated_level(fulfilment)


def score_ratings(ratings, rules=None):
    """One assessment from the ratings of one person, competency and window; None if self alone."""
    rules = rules or Rules()
    ratings = [r for r in ratings if r.rating is not None]
    types = sorted({r.rater_type for r in ratings})
    if not types or types == ["self"]:
        return None
    weight = {t: exact(rules.rater_weights[t]) for t in types}

    fulfilment = {}
    for level in LEVELS:
        by_type = {}
        for t in types:
            scores = [Fraction(r.rating) for r in ratings if r.level == level and r.rater_type == t]
            if scores:
                by_type[t] = mean(scores) / 3
        if by_type:
            whole = sum(weight[t] for t in by_type)
            fulfilment[level] = sum(weight[t] * by_type[t] for t in by_type) / whole
    combined = with_unasked_levels(fulfilment)
    level = cumulated_level(combined)

    whole = sum(weight.values())
    sum_of_squares = 0.0
    for t in types:
        raters = sorted({r.rater_id for r in ratings if r.rater_type == t})
        own_levels = [
            own_level([r for r in ratings if r.rater_type == t and r.rater_id == rater], combined)
            for rater in raters
        ]
        spread = float(variance(own_levels)) if len(own_levels) > 1 else 0.0
        spread = max(spread, rules.rating_standard_error**2)
        sum_of_squares += float(weight[t] / whole) ** 2 * spread / len(raters)

    type_levels = [own_level([r for r in ratings if r.rater_type == t], combined) for t in types]
    return Assessment(
        level=rounded(level),
        standard_error=sqrt(sum_of_squares),
        assessed_on=max(r.rated_on for r in ratings),
        flagged=max(type_levels) - min(type_levels) > 1,
    )


def assessments_from_ratings(ratings, as_of, rules=None):
    """All assessments that the ratings form, the latest first, whether valid or not."""
    rules = rules or Rules()
    left = [r for r in ratings if r.rated_on <= as_of and r.rating is not None]
    found = []
    while left:
        latest = max(r.rated_on for r in left)
        begin = latest - timedelta(days=rules.rating_window_days)
        window = [r for r in left if r.rated_on >= begin]
        left = [r for r in left if r.rated_on < begin]
        scored = score_ratings(window, rules)
        if scored is not None:
            found.append(scored)
    return found


# --- knowledge competencies ---------------------------------------------------------------------


def standard_score(scores, subject_weights):
    """Weighted mean 0-100 of {subject: score}; None when a subject is missing."""
    if any(subject not in scores for subject in subject_weights):
        return None
    whole = sum(exact(w) for w in subject_weights.values())
    return sum(exact(scores[s]) * exact(w) for s, w in subject_weights.items()) / whole


def score_exams(scores, exams, as_of, rules=None):
    """Assessment from exam results.

    `exams` is {level: (pass_mark, {subject: weight})}. Returns (assessment or None, incomplete
    sittings as a list of (exam level, day)).
    """
    rules = rules or Rules()
    oldest = months_before(as_of, rules.exam_validity_months)
    sittings = {}
    for s in scores:
        sittings.setdefault((s.exam_level, s.sat_on), {})[s.subject] = s.score
    incomplete, complete = [], []
    for (level, day), by_subject in sorted(sittings.items()):
        if level not in exams:
            continue
        result = standard_score(by_subject, exams[level][1])
        if result is None:
            incomplete.append((level, day))
        elif oldest <= day <= as_of:
            complete.append((level, day, result))
    if not complete:
        return None, incomplete

    passed = [level for level, _, result in complete if result >= exact(exams[level][0])]
    highest = max(passed, default=0)
    reached, steps = Fraction(highest), 1
    above = [level for level, _, _ in complete if level > highest]
    if above:  # none of them passed, or `highest` would be higher
        tried = min(above)
        steps = tried - highest
        _, result = max((day, result) for level, day, result in complete if level == tried)
        reached += steps * result / exact(exams[tried][0])
    return (
        Assessment(
            level=min(4.0, rounded(reached)),
            standard_error=float(rules.exam_standard_error) * max(1, steps),
            assessed_on=max(day for _, day, _ in complete),
        ),
        incomplete,
    )


# --- current level ------------------------------------------------------------------------------


def current_assessment(as_of, *, ratings=(), scores=(), exams=None, imported=(), rules=None):
    """The most recent valid assessment of one person and competency, or None."""
    rules = rules or Rules()
    oldest = months_before(as_of, rules.assessment_validity_months)
    raw = [a for a in assessments_from_ratings(ratings, as_of, rules) if a.assessed_on >= oldest]
    if exams:
        from_exams, _ = score_exams(scores, exams, as_of, rules)
        if from_exams is not None:
            raw.append(from_exams)
    best, best_key = None, None
    for is_raw, found in [(1, a) for a in raw] + [(0, i) for i in imported]:
        if not is_raw and not oldest <= found.assessed_on <= as_of:
            continue
        key = (found.assessed_on, is_raw)
        if best_key is None or key > best_key:
            best, best_key = found, key
    if best is None:
        return None
    return Assessment(
        level=rounded(best.level),
        standard_error=best.standard_error,
        assessed_on=best.assessed_on,
        flagged=getattr(best, "flagged", False),
    )


# --- gaps ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gap:
    gap: float
    confidence: float
    priority: float
    standing: str


def find_gap(level, standard_error, target, weight, rules=None):
    """None: assess first."""
    if level is None:
        return None
    short = rounded(exact(target) - exact(rounded(level)))
    gap = max(0.0, short)
    z = short / standard_error
    short_of = "near" if gap < (rules or Rules()).near_gap else "gap"
    return Gap(
        gap=gap,
        confidence=0.5 * (1 + erf(z / sqrt(2))),
        priority=weight * gap,
        standing=short_of if gap > 0 else "met",
    )


def priority_order(gaps, weights):
    """Positions of the competencies that have a gap: priority, then weight, then position."""
    order = [k for k, g in enumerate(gaps) if g is not None and g.gap > 0]
    return sorted(order, key=lambda k: (-rounded(gaps[k].priority), -weights[k], k))


# --- candidates ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Module:
    id: str
    steps: dict  # competency -> (from_level, to_level)
    hours: float = 8.0
    cost: float = 0.0
    modality: str = "classroom"
    prerequisites: tuple = ()
    repeat_months: int = 24
    grades: tuple = ("g1", "g2")
    retired: bool = False


def faults_of_step(level, target, from_level, to_level, rules=None):
    """Each reason for which one step of a module does not serve; empty: it serves."""
    rules = rules or Rules()
    if level is None:
        return {"assess-first"}
    level, faults = rounded(level), set()
    if level >= rounded(target):
        faults.add("no-gap")
    if rounded(to_level) <= level:
        faults.add("level-reached")
    if rounded(from_level) > rounded(level + rules.readiness):
        faults.add("not-ready")
    if rounded(from_level) >= rounded(target):
        faults.add("past-target")
    return faults


def served(module, levels, targets, rules=None):
    """The competencies in whose gap the module serves this person."""
    return [
        k
        for k, (from_level, to_level) in module.steps.items()
        if k in targets
        and not faults_of_step(levels.get(k), targets[k], from_level, to_level, rules)
    ]


def completed_too_recently(module, completed_on, as_of):
    """`completed_on` lists the days on which the person completed the module."""
    oldest = months_before(as_of, module.repeat_months)
    return any(oldest <= day <= as_of for day in completed_on)


def own_reasons(
    module,
    levels,
    targets,
    *,
    grade,
    modalities,
    completions,
    as_of,
    rules=None,
    target_grade=None,
):
    """Why the module is no candidate by itself, prerequisites left aside.

    With a target grade, `targets` are its own, and its modules are open beside those of the grade.
    """
    reasons = set()
    if module.retired:
        reasons.add("retired")
    if grade not in module.grades and target_grade not in module.grades:
        reasons.add("grade")
    if modalities is not None and module.modality not in modalities:
        reasons.add("modality")
    if completed_too_recently(module, completions.get(module.id, ()), as_of):
        reasons.add("completed")
    if not served(module, levels, targets, rules):
        reasons.add("serves-nothing")
    return reasons


def find_candidates(
    modules,
    levels,
    targets,
    *,
    grade,
    modalities,
    completions,
    as_of,
    rules=None,
    target_grade=None,
):
    """{module id: (competencies it serves, set of reasons against)}; no reason: a candidate."""
    by_id = {m.id: m for m in modules}
    reasons = {
        m.id: own_reasons(
            m,
            levels,
            targets,
            grade=grade,
            modalities=modalities,
            completions=completions,
            as_of=as_of,
            rules=rules,
            target_grade=target_grade,
        )
        for m in modules
    }

    def ever_completed(module_id):
        return any(day <= as_of for day in completions.get(module_id, ()))

    def is_candidate(module_id, asking=()):
        if module_id not in by_id or module_id in asking or reasons[module_id]:
            return False
        return all(
            ever_completed(p) or is_candidate(p, (*asking, module_id))
            for p in by_id[module_id].prerequisites
        )

    found = {}
    for m in modules:
        missing = any(
            not ever_completed(p) and not is_candidate(p, (m.id,)) for p in m.prerequisites
        )
        found[m.id] = (
            served(m, levels, targets, rules),
            reasons[m.id] | ({"prerequisite"} if missing else set()),
        )
    return found


# --- ranking ------------------------------------------------------------------------------------


def expected_gap_closed(serves, expected_improvement, gaps, weights):
    """`expected_improvement` is that of one module, {competency: levels}."""
    return sum(weights[k] * min(gaps[k], max(0.0, expected_improvement[k])) for k in serves)


def objective_value(value, hours, cost, objective):
    if objective == "gap":
        return value
    divisor = {"per_hour": hours, "per_cost": cost}[objective]
    if divisor == 0:
        return inf if value > 0 else 0.0
    return value / divisor


def rank(modules, values, objective):
    """Module ids, best first: the objective, then lower hours, then module id."""
    left = sorted(modules, key=lambda m: (m.hours, m.id))
    worth = {m.id: objective_value(values[m.id], m.hours, m.cost, objective) for m in left}
    order = []
    while left:
        most = max(worth[m.id] for m in left)
        least = most if most == inf else most - TIE * abs(most)
        first = next(m for m in left if worth[m.id] >= least)
        order.append(first.id)
        left.remove(first)
    return order


# --- plan ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """What a plan may choose: a candidate with its improvements on the gaps that it serves."""

    id: str
    improvement: dict  # competency -> expected improvement, only those it serves
    hours: float
    cost: float = 0.0
    prerequisites: tuple = ()  # those not yet completed
    starts: dict = field(default_factory=dict)  # competency -> from-level, only those it serves


def closed_by(choices, gaps, weights):
    return sum(
        weights[k] * min(gaps[k], sum((max(0.0, c.improvement.get(k, 0.0)) for c in choices), 0.0))
        for k in gaps
    )


def plan_value(choices, gaps, weights, hour_price):
    return closed_by(choices, gaps, weights) - hour_price * sum(c.hours for c in choices)


def is_allowed(chosen, *, hours_budget=None, cost_budget=None, must=(), without=()):
    ids = {c.id for c in chosen}
    return (
        set(must) <= ids
        and not ids & set(without)
        and all(p in ids for c in chosen for p in c.prerequisites)
        and (hours_budget is None or sum(c.hours for c in chosen) <= hours_budget + TIE)
        and (cost_budget is None or sum(c.cost for c in chosen) <= cost_budget + TIE)
    )


def allowed_sets(choices, **limits):
    for size in range(len(choices) + 1):
        for chosen in combinations(choices, size):
            if is_allowed(chosen, **limits):
                yield chosen


def best_plan(choices, gaps, weights, *, hour_price=0.002, **limits):
    """The best set of module ids by trying them all, and its value; None if nothing is allowed.

    Ties (values, hours and cost to 1e-9): fewer hours, lower cost, then module ids in order.
    """
    sets = [
        (
            plan_value(chosen, gaps, weights, hour_price),
            sum(c.hours for c in chosen),
            sum(c.cost for c in chosen),
            sorted(c.id for c in chosen),
        )
        for chosen in allowed_sets(choices, **limits)
    ]
    if not sets:
        return None
    best = max(s[0] for s in sets)
    sets = [s for s in sets if s[0] >= best - TIE]
    for position in (1, 2):
        least = min(s[position] for s in sets)
        sets = [s for s in sets if s[position] <= least + TIE]
    value, _, _, ids = min(sets, key=lambda s: s[3])
    return ids, value


def shortest_plan(choices, gaps, weights, *, hour_price=0.002, **limits):
    """The set of module ids that closes most in the fewest hours, and what it closes.

    What is not worth its hours even alone counts nothing, unless it must be in or another needs it.
    Ties: lower cost, then module ids in order.
    """
    kept = set(limits.get("must", ())).union(*(c.prerequisites for c in choices))
    counted = {
        c.id: c.id in kept or closed_by([c], gaps, weights) > hour_price * c.hours for c in choices
    }

    def closes(chosen):
        return closed_by([c for c in chosen if counted[c.id]], gaps, weights)

    sets = list(allowed_sets(choices, **limits))
    if not sets:
        return None
    most = max(map(closes, sets))
    sets = [chosen for chosen in sets if closes(chosen) >= most - TIE]
    for measure in ("hours", "cost"):
        least = min(sum(getattr(c, measure) for c in chosen) for chosen in sets)
        sets = [s for s in sets if sum(getattr(c, measure) for c in s) <= least + TIE]
    ids = min(sorted(c.id for c in chosen) for chosen in sets)
    return ids, most


def stages_on_path(choices, path):
    """{module id: stage} of all that a learning path lets into a plan.

    `path` lists the ids of each stage. With a module of the path comes what it needs, at the
    earliest stage that needs it.
    """
    by_id = {c.id: c for c in choices}
    found = {}

    def let_in(name, stage):
        if name in by_id and stage < found.get(name, inf):
            found[name] = stage
            for p in by_id[name].prerequisites:
                let_in(p, stage)

    for stage, names in enumerate(path):
        for name in names:
            let_in(name, stage)
    return found


def order_items(choices, gaps, weights, stages=None):
    """Ids: prerequisites, stages, the lower step, then what each adds per hour given those before.

    Where lower steps and prerequisites lead in a circle, the modules of the circle are of one rank;
    whatever waits for one of them still waits. Ties: lower hours, then module id, as everywhere.
    """
    left, placed = sorted(choices, key=lambda c: (c.hours, c.id)), []
    while left:
        before = closed_by(placed, gaps, weights)
        ready = [c for c in left if not any(o.id in c.prerequisites for o in left)]
        if stages:
            earliest = min(stages[c.id] for c in ready)
            ready = [c for c in ready if stages[c.id] == earliest]
        in_turn = [c for c in ready if not waits(c, left, stages)] or ready
        best, best_rate = None, None
        for c in in_turn:
            added = closed_by([*placed, c], gaps, weights) - before
            rate = objective_value(max(0.0, added), c.hours, c.cost, "per_hour")
            if best is None or rate > best_rate + TIE:
                best, best_rate = c, rate
        placed.append(best)
        left.remove(best)
    return [c.id for c in placed]


def waits(choice, left, stages=None):
    """Whether something comes before a module that does not in turn come after it."""
    return any(
        leads_to(other, choice, left, stages) and not leads_to(choice, other, left, stages)
        for other in left
    )


def leads_to(first, last, left, stages=None):
    """Whether a chain of modules, each before the next, runs from one to another."""
    reached = [first]
    for at in reached:
        reached += [c for c in left if c not in reached and comes_before(at, c, left, stages)]
    return first is not last and last in reached


def comes_before(a, b, left, stages=None):
    """Whether a is needed by b, or is the lower step of the two in a competency both serve.

    A prerequisite wins over the steps, and so does an earlier stage.
    """
    if a.id in b.prerequisites:
        return True
    if needs(a, b, left) or (stages and stages[a.id] > stages[b.id]):
        return False
    return any(a.starts[k] < b.starts[k] for k in a.starts.keys() & b.starts.keys())


def needs(a, b, left):
    """Whether a needs b, itself or through others."""
    return b.id in a.prerequisites or any(
        needs(c, b, left) for c in left if c.id in a.prerequisites
    )


def unserved_priorities(gaps, weights, chosen, near_gap=Rules.near_gap):
    """{competency: levels closed} of the three largest priorities closed by less than a third."""
    order = sorted(
        (k for k in gaps if rounded(gaps[k]) >= near_gap),
        key=lambda k: (-rounded(weights[k] * gaps[k]), -weights[k], k),
    )
    closed = {
        k: min(gaps[k], sum(max(0.0, c.improvement.get(k, 0.0)) for c in chosen)) for k in gaps
    }
    return {k: closed[k] for k in order[:3] if rounded(closed[k]) < rounded(gaps[k] / 3)}
