"""What is told of the effect of a module, to whom, and what is kept from whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import asking
import numpy as np
import pandas as pd
import pytest
from asking import session_of
from organisations import AS_OF, TINY, service_on

from recommender.effectiveness.verdict import Reason
from recommender.errors import ForbiddenError, NotFoundError
from recommender.service.effectiveness.assessing import assess_all, assess_effectiveness
from recommender.service.effectiveness.results import ModuleEffectiveness
from recommender.service.effectiveness.wording import say_reason
from recommender.service.installation import Service
from recommender.service.learning.promotion import announcing, promote
from recommender.service.people.imports import store_frame
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.store import writing
from recommender.table_kinds import KINDS

# of 120 people half took the course, in three months and runs; three of them are in the North
N, TRAINED, EFFECT, KINDLY = 120, 60, 25.0, 0.4
MONTHS = [month.date() for month in pd.date_range("2025-01-01", "2026-09-01", freq="MS")]
COMPLETED = [dt.date(2026, 2, 10), dt.date(2026, 3, 10), dt.date(2026, 4, 10)]
RUNS = ("run-1", "run-2", "run-3")
PEOPLE = [f"p{number:03}" for number in range(N)]
UNITS = ["North/desk" if n < 3 else "East/desk" if n % 2 else "West/desk" for n in range(N)]
ANALYST = Principal("key:analyst", Role.ANALYST, PERMISSIONS[Role.ANALYST])
EAST = Principal("key:east", Role.HR, PERMISSIONS[Role.HR], org_unit="East")


def make_tables() -> dict[str, pd.DataFrame]:
    """Half of the people gain .8 levels and 25 loans a month by a course; others .1 and none."""
    rng = np.random.default_rng(0)
    trained = np.arange(N) < TRAINED
    # two runs of 28, and one of four
    run = np.minimum(np.arange(TRAINED) // 28, 2)
    done = [COMPLETED[at] for at in run]
    people = pd.DataFrame(
        {
            "person_id": PEOPLE,
            "name": PEOPLE,
            "org_unit": UNITS,
            "grade": np.where(np.arange(N) // 2 % 2, "librarian", "assistant"),
            **dict.fromkeys(("manager_id", "hired_on", "left_on", "synthetic")),
        }
    )
    before = rng.uniform(0.0, 2.5, N)
    after = before + np.where(trained, 0.8, 0.1) + rng.normal(0, 0.1, N)
    # in the West they are rated kindly, trained or not
    after += np.where([unit.startswith("West") for unit in UNITS], KINDLY, 0.0)
    records = pd.DataFrame(
        {
            "person_id": PEOPLE,
            "competency_id": "cataloguing",
            "module_id": np.where(trained, "classes-online", ""),
            "level_before": before.round(3),
            "level_after": after.clip(0, 4).round(3),
            "before_on": dt.date(2026, 1, 1),
            "after_on": dt.date(2026, 7, 1),
            "completed_on": [*done, *[None] * (N - TRAINED)],
            "org_unit": UNITS,
        }
    )
    first = [MONTHS.index(day.replace(day=1)) for day in done] + [len(MONTHS)] * (N - TRAINED)
    since = np.arange(len(MONTHS)) - np.array(first)[:, None]
    level = rng.normal(300, 40, N)[:, None] + 10 * np.sin(np.arange(len(MONTHS)))
    loans = level + rng.normal(0, 15, since.shape) + EFFECT * (since > 0)
    # twelve more sit an exam before and after another course
    sat = [(who, day, 55.0 + 20.0 * late + 3 * at, subject)
           for at, who in enumerate(PEOPLE[-12:])
           for late, day in enumerate((dt.date(2025, 11, 5), dt.date(2026, 6, 5)))
           for subject in ("rules", "classes")]  # fmt: skip
    enrolments = pd.DataFrame(
        {
            "person_id": PEOPLE[:TRAINED] + PEOPLE[-12:],
            "module_id": ["classes-online"] * TRAINED + ["children-and-shelves"] * 12,
            "offering_id": [*[RUNS[at] for at in run], *[None] * 12],
            "status": "completed",
            "enrolled_on": dt.date(2026, 1, 15),
            "completed_on": [*done, *[dt.date(2026, 3, 1)] * 12],
        }
    )
    return {
        "people": people,
        "records": records,
        "offerings": pd.DataFrame(
            {
                "offering_id": RUNS,
                "module_id": "classes-online",
                "starts_on": COMPLETED,
                "ends_on": COMPLETED,
                "place": "online",
                "seats": 40,
            }
        ),
        "enrolments": enrolments,
        "exams": pd.DataFrame(sat, columns=["person_id", "sat_on", "score", "subject"]).assign(
            competency_id="cataloguing", exam_level=1
        ),
        "business-figures": pd.DataFrame(
            {
                "person_id": np.repeat(PEOPLE, len(MONTHS)),
                "month": MONTHS * N,
                "figure_id": "loans",
                "value": loans.ravel().round(),
            }
        ),
        "satisfaction": pd.DataFrame(
            {
                "module_id": ["classes-online"] * 48 + ["desk-basics"] * 3,
                "offering_id": "",
                "answered_on": dt.date(2026, 4, 11),
                "answer_id": [str(number) for number in range(51)],
                "satisfaction": [4.0, 5.0] * 24 + [1.0] * 3,
            }
        ),
    }


def store(service: Service, tables: dict[str, pd.DataFrame]) -> None:
    with writing(service.engine) as connection:
        for kind, rows in tables.items():
            store_frame(connection, KINDS[kind], rows.astype(object).where(rows.notna(), None))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The library, with a model in force that was trained on these records."""
    folder: Path = tmp_path_factory.mktemp("effects")
    url = f"sqlite:///{folder / 'hr.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOMMENDER_MODELS", str(folder / "models"))
        with service_on(url, catalog=TINY) as service:
            store(service, make_tables())
            session = session_of(service)
            card = asking.train(service, as_of=AS_OF, by="li").card
            with announcing(session, model_id=card.model_id):
                promote(session, card.model_id, override_reason="a test")
        with service_on(url, catalog=TINY) as service:
            yield service


def ask(service: Service, module_id: str = "classes-online", **changes: Any) -> ModuleEffectiveness:
    return assess_effectiveness(session_of(service, **changes), module_id)


def test_a_course_that_works_on_all_levels(library: Service) -> None:
    found = ask(library)
    assert found.reaction.score is not None
    assert found.reaction.score.value == pytest.approx(4.5)
    assert (found.reaction.answers, found.reaction.response_rate) == (48, 48 / 60)
    (behaviour,) = found.behaviour
    assert (behaviour.basis, behaviour.people) == ("measured", TRAINED)
    assert behaviour.gain is not None
    assert behaviour.gain.lower < 0.7 < behaviour.gain.upper
    kindly = KINDLY * sum(unit.startswith("West") for unit in UNITS[:TRAINED]) / TRAINED
    assert behaviour.raw_gain == pytest.approx(0.8 + kindly, abs=0.05)
    (result,) = found.results
    assert result.effect is not None
    assert result.effect.lower < EFFECT < result.effect.upper
    assert result.effect.value == pytest.approx(EFFECT, abs=5)
    assert result.is_trusted
    assert (result.treated, result.controls) == (TRAINED, N - TRAINED + 4)
    # who takes the last run is untrained while those of the first one are trained
    # seven, six and five months after the course, of 28, 28 and 4 people
    assert result.treated_months == 28 * 7 + 28 * 6 + 4 * 5
    back = result.return_
    assert back is not None
    # a loan is worth 2, the course costs 100
    assert back.benefit.value == pytest.approx(result.effect.value * 2 * result.treated_months)
    assert back.cost == TRAINED * 100
    assert back.roi.lower > 0
    assert found.cost_per_level is not None
    assert found.cost_per_level.is_settled
    assert found.cost_per_level.value == pytest.approx(100 / behaviour.gain.value)
    assert found.verdict.decision == "keep"
    assert [reason.code for reason in found.verdict.reasons] == ["gain-works", "return-positive"]


def test_the_time_of_participants_is_a_cost_where_it_has_a_price(library: Service) -> None:
    session = session_of(library)
    free, paid = (
        assess_effectiveness(session, "classes-online", hourly_cost=cost) for cost in (None, 50.0)
    )
    costs = [found.results[0].return_.cost for found in (free, paid) if found.results[0].return_]
    assert costs == [TRAINED * 100, TRAINED * (100 + 4 * 50)]
    assert [[c.code for c in found.results[0].cautions] for found in (free, paid)] == [
        ["no-hourly-cost"],
        [],
    ]


def test_for_whom_by_level_grade_branch_and_run(library: Service) -> None:
    parts = ask(library).behaviour[0].parts
    assert [(part.kind, part.id) for part in parts] == [
        *(("level", name) for name in "012"),
        *(("grade", name) for name in ("assistant", "librarian")),
        *(("unit", name) for name in ("East", "North", "West")),
        *(("offering", name) for name in RUNS),
    ]
    told = {part.id: part for part in parts}
    # few people tell of single ones, whoever asks
    assert (told["North"].people, told["North"].gain) == (None, None)
    assert (told["run-3"].people, told["run-3"].gain) == (None, None)
    # where everybody is rated kindly, the course has not done more
    for branch in ("East", "West"):
        gain = told[branch].gain
        assert gain is not None
        assert gain.lower < 0.7 < gain.upper
        assert gain.value == pytest.approx(0.7, abs=0.15)


def test_an_exam_before_and_after(library: Service) -> None:
    found = ask(library, "children-and-shelves")
    # reading aloud has no exam
    (learning,) = found.learning
    assert (learning.competency_id, learning.people) == ("cataloguing", 12)
    assert learning.gain is not None
    assert learning.gain.value == pytest.approx(20.0)
    assert learning.before == pytest.approx(55.0 + 3 * 5.5)
    # 55 to 64 before, of a pass mark of 65: a third had failed, and the best reach 108 cut to 100
    assert "many-failed" not in {caution.code for caution in learning.cautions}
    assert [caution.code for caution in found.results[0].cautions] == ["no-cost"]


def test_what_is_not_known_is_said_and_what_would_settle_it(library: Service) -> None:
    found = ask(library, "desk-basics")
    assert (found.reaction.score, found.reaction.missing) == (
        None,
        Reason("few-answers", {"needed": 5}),
    )
    assert found.behaviour[0].people == 0
    assert found.results[0].missing is not None
    assert found.results[0].missing.code == "no-treated"
    assert found.cost_per_level is None
    assert found.verdict.decision == "open"
    assert found.verdict.reasons[0].code in {"few-measured", "no-model"}
    assert found.verdict.needs


def test_all_modules_in_use_are_told_as_each_by_itself(library: Service) -> None:
    found = assess_all(session_of(library))
    assert [each.module_id for each in found] == [
        module.id for module in library.framework.catalog.modules if not module.retired
    ]
    for each in found:
        alone = ask(library, each.module_id)
        undivided = tuple(replace(behaviour, parts=()) for behaviour in alone.behaviour)
        assert each == replace(alone, behaviour=undivided)


def list_values(found: Any) -> Iterator[Any]:
    """List every value of a result."""
    if isinstance(found, dict):
        for value in found.values():
            yield from list_values(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from list_values(value)
    else:
        yield found


def test_nobody_is_named_and_no_part_is_ranked(library: Service) -> None:
    for who in (None, ANALYST, EAST):
        changes = {} if who is None else {"who": who}
        values = list(
            list_values([asdict(each) for each in assess_all(session_of(library, **changes))])
        )
        assert not set(values) & set(PEOPLE)
    order = ["level", "grade", "unit", "offering"]
    keys = [(order.index(part.kind), part.id) for part in ask(library).behaviour[0].parts]
    assert keys == sorted(keys)


def test_who_may_see_nobody_gets_coarse_figures_of_the_last_quarter(library: Service) -> None:
    exact, coarse = ask(library), ask(library, who=ANALYST)
    assert exact.verdict.decision == coarse.verdict.decision == "keep"
    (behaviour,) = coarse.behaviour
    assert (behaviour.people, coarse.reaction.answers) == (60, 45)
    assert behaviour.at_level == round(exact.behaviour[0].at_level or 0.0, 1)
    assert {part.kind for part in behaviour.parts} == {"grade", "unit"}
    shown = {part.id for part in behaviour.parts if part.gain}
    # three in the North, who are what the others leave of all: one more is kept back with them
    assert {"assistant", "librarian"} <= shown
    assert "North" not in shown
    assert len(shown & {"East", "West"}) == 1
    for part in behaviour.parts:
        assert part.people is None or part.people % 5 == 0
    (result,) = coarse.results
    assert result.effect is not None
    assert result.effect.value == float(f"{result.effect.value:.1e}")
    # all days of a quarter are one, and what happens in it is not told yet
    asked_later = ask(library, who=ANALYST, today=dt.date(2026, 12, 30))
    assert asked_later == coarse
    assert ask(library, who=ANALYST, today=dt.date(2026, 6, 30)) != coarse


def test_everybody_sees_their_own_people_only(library: Service) -> None:
    of_east = ask(library, who=EAST)
    trained = sum(unit.startswith("East") for unit in UNITS[:TRAINED])
    assert of_east.behaviour[0].people == trained
    assert of_east.results[0].treated == trained
    assert {part.id for part in of_east.behaviour[0].parts if part.kind == "unit"} == {"East"}
    # the model in force and the answers are those of all
    assert of_east.behaviour[0].evidence_count == ask(library).behaviour[0].evidence_count
    assert of_east.reaction == ask(library).reaction
    employee = Principal("token:1", Role.EMPLOYEE, PERMISSIONS[Role.EMPLOYEE], person_id="p001")
    with pytest.raises(ForbiddenError):
        ask(library, who=employee)
    with pytest.raises(NotFoundError):
        ask(library, "nothing-like-it")


def test_reasons_are_said_in_both_languages(library: Service) -> None:
    for who in (ANALYST, EAST):
        for each in assess_all(session_of(library, who=who)):
            reasons = [
                *each.verdict.reasons,
                *each.verdict.needs,
                *(r for b in each.behaviour for r in (b.missing, *b.cautions)),
                *(r for b in each.learning for r in (b.missing, *b.cautions)),
                *(r for b in each.results for r in (b.missing, *b.cautions)),
                each.reaction.missing,
            ]
            for reason in filter(None, reasons):
                for lang in ("zh-CN", "en"):
                    assert "{" not in say_reason(reason, lang)
    ends = {"value": -0.25, "lower": -0.5, "upper": 0.1, "useful": 0.2}
    assert "levels more" in say_reason(Reason("gain-unclear", ends), "en")
    assert "25" in say_reason(Reason("return-negative", ends), "zh-CN")
    assert say_reason(Reason("history", {"code": "few-controls"}), "en") == ""


def test_nothing_is_told_of_months_that_are_not_over(library: Service) -> None:
    """In the middle of March there are figures until February, so none since the course."""
    (result,) = ask(library, today=dt.date(2026, 3, 15)).results
    assert (result.effect, result.return_) == (None, None)
    assert result.missing == Reason("no-treated", {"needed": 5})
