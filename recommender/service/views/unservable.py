"""Why nothing in the catalogue serves one of a person's largest priorities, whatever is planned."""

from __future__ import annotations

from recommender.plan import PlanChoice
from recommender.service.plans.choices import PlanRequest, find_choices
from recommender.service.plans.reasons import name_competency, say_because
from recommender.service.plans.unserved import find_unserved
from recommender.service.recommend.prospects import Prospects
from recommender.texts import say


def say_unservable(prospects: Prospects, row: int, *, lang: str) -> tuple[str, ...]:
    """Say of each of a person's largest priorities that no course serves what stands in the way.

    Parameters
    ----------
    prospects : Prospects
        What could be recommended.
    row : int
        Row of the person in the standing.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    tuple of str
        A sentence for each, the largest priority first; without a final full stop.
    """
    choices = find_choices(prospects, row, PlanRequest(), lang=lang)
    # what even a plan of everything that can be taken leaves, no plan serves
    everything = tuple(range(len(choices.pool)))
    choice = PlanChoice(order=everything, added=(), expected_gap_closed=0.0)
    framework = prospects.framework
    return tuple(
        say(
            "person.unservable",
            lang,
            competency=name_competency(framework, item.competency_id, lang),
            gap=f"{item.gap:.2f}",
            because=say_because(framework, item, lang, by_hand=False),
        )
        for item in find_unserved(choices, choice, ())
        if item.reason == "no-candidate"
    )
