"""What a module should do for a gap, in words."""

from __future__ import annotations

from recommender.documents import figures
from recommender.results import ServedCompetency, find_doubt
from recommender.service.framework import Framework
from recommender.texts import all_texts, say


def say_cautions(codes: tuple[str, ...], lang: str) -> list[str]:
    """Say what makes the effect of a module uncertain beyond its range."""
    # Not every code touches a single module: what is said once of the model has no sentence here.
    keys = [f"caution.{code}" for code in codes]
    return [say(key, lang) for key in keys if key in all_texts()]


def explain_served(framework: Framework, item: ServedCompetency, lang: str) -> list[str]:
    """Say in words what a module should do for a gap, and how that is known."""
    # "closes" is the term of DESIGN, section 4, "Expected gap closed", before its weight
    values = {
        "competency": framework.competencies[item.competency_id].name.in_language(lang),
        "gap": figures.gap(item.gap),
        "closes": figures.gap(max(0.0, min(item.gap, item.expected_improvement))),
        "count": item.evidence_count,
    }
    if item.basis == "expert":
        # with records there is a model, which tells the order only
        key = "reason.expert-size" if item.evidence_count else "reason.expert"
        return [say("reason.served", lang, **values), say(key, lang, **values)]
    values |= {"gain": f"{item.expected_improvement:.2f}", "range": ""}
    # some estimators give no range of the effect
    if item.lower is not None and item.upper is not None:
        bounds = {"lower": f"{item.lower:.2f}", "upper": f"{item.upper:.2f}"}
        values["range"] = say("reason.range", lang, **bounds)
    reasons = [say("reason.served", lang, **values), say(f"reason.{item.basis}", lang, **values)]
    # in words what the figures say, for those who do not read ranges
    doubt = find_doubt(item.basis, item.lower, item.evidence_count)
    if doubt:
        reasons.append(say(f"reason.{doubt}", lang, **values))
    return reasons
