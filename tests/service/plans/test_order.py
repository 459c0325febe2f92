"""The order of a plan, and that its reasons are true."""

from dataclasses import replace

import numpy as np
import pytest
from organisations import AS_OF, TINY, service_on, someone

from recommender.service.levels.standing import read_standing
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.dates import runs_of
from recommender.service.plans.making import make_plan
from recommender.service.plans.reasons import reword
from recommender.service.recommend.prospects import find_prospects
from recommender.store import read_offerings, reading


@pytest.fixture
def library(tmp_path):
    with service_on(f"sqlite:///{tmp_path / 'library.db'}", catalog=TINY) as service:
        yield service


def test_an_item_that_is_earlier_as_the_lower_step_says_so(library):
    """The course for librarians begins at level 2, the one online at 0, and adds more per hour."""
    someone(library, grade="librarian", reference_desk=3.0, reading_aloud=2.0, cataloguing=1.6)
    framework, modules = library.framework, library.framework.modules
    with reading(library.engine) as connection:
        standing = read_standing(connection, framework, as_of=AS_OF)
        runs = runs_of(read_offerings(connection, as_of=AS_OF))
    prospects = find_prospects(framework, standing, library.estimates)
    request = PlanRequest(
        must=("classes-online", "rules-for-librarians"), without=("children-and-shelves",)
    )
    for more, held_back, zh, en in (
        # 0.4 in 4 hours and 0.5 in 10: it comes first either way
        (
            1.0,
            (),
            ("同一能力项先低后高，须先于：著录规则研修", "排在首位："),
            ("the lower step in the same competency, so before: Rules of", "comes first: "),
        ),
        # 1.2 in 10 hours
        (
            2.4,
            ("rules-for-librarians",),
            (
                "同一能力项先低后高，须先于：著录规则研修",
                "每学时能缩小更多差距的课程（著录规则研修）要等",
            ),
            (
                "the lower step in the same competency, so before: Rules of",
                "what adds more per hour",
            ),
        ),
    ):
        scale = np.ones((len(modules.pair_module), 1))
        scale[modules.pair_module == modules.ids.index("rules-for-librarians")] = more
        estimates = replace(prospects.estimates, table=prospects.estimates.table * scale)
        plan = make_plan(
            replace(prospects, estimates=estimates), 0, request, runs=runs, lang="zh-CN"
        )
        first, second = plan.items
        assert (first.module_id, second.module_id) == request.must
        assert first.lower_step_of == ("rules-for-librarians",)
        assert first.held_back == held_back
        assert second.lower_step_of == second.held_back == ()
        for reasons, beginnings in (
            (first.order_reasons, zh),
            (reword(framework, plan, "en").items[0].order_reasons, en),
        ):
            for text, beginning in zip(reasons, beginnings, strict=True):
                assert text.startswith(beginning)
