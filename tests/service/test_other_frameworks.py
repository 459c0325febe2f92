"""Another framework, imported modules, and states that the catalogue does not foresee."""

import datetime as dt

import asking
import pandas as pd
import pytest
from organisations import AS_OF, TINY, count_rows, service_on, someone

from recommender.errors import InputError, RecommenderError, TableFaultsError
from recommender.exchange import write_xlsx
from recommender.service.effective_catalog import load_effective_catalog
from recommender.service.installation import open_service
from recommender.service.made_up.organisation import make_organisation
from recommender.service.plans.choices import PlanRequest
from recommender.settings import Settings
from recommender.store import schema, writing
from recommender.table_kinds import KINDS
from training_catalog import CatalogError, load_catalog
from training_catalog.files.loading import DEFAULT_CATALOG

DAY = dt.date(2026, 10, 1)
MODULE = {
    "module_id": "desk-shadowing",
    "title": "咨询台跟岗",
    "competency_ids": "reference-desk;reading-aloud",
    "from_level": 0,
    "to_level": 3,
    "modality": "coaching",
    "hours": 2,
    "cost": 0,
    "prerequisites": None,
    "expert_improvement": 0.9,
}


def import_rows(service, kind, *rows, path, **how):
    write_xlsx(pd.DataFrame(rows, dtype=object), path, kind=KINDS[kind])
    return asking.import_table(service, kind, path, latest=AS_OF, **how)


def reopened(service):
    url = service.engine.url.render_as_string(hide_password=False)
    return service_on(url, catalog=TINY)


def url_of(service):
    return service.engine.url.render_as_string(hide_password=False)


def test_the_whole_chain_in_a_framework_of_three(library):
    assert library.framework.competency_ids == ("reference-desk", "reading-aloud", "cataloguing")
    sources = set()
    for person in asking.person_ids(library):
        gaps = asking.gaps(library, person, as_of=AS_OF)
        assert [i.competency_id for i in gaps.competencies] == [
            "reference-desk",
            "reading-aloud",
            "cataloguing",
        ]
        ranked = asking.recommend(library, person, as_of=AS_OF, lang="en")
        assert len(ranked.recommendations) + len(ranked.excluded) == 6
        plan, document = asking.plan(library, person, PlanRequest(), as_of=AS_OF, lang="en")
        assert plan.hours_budget == 20
        assert plan.total_hours <= 20
        assert [row.category for row in document.competencies] == ["Service"] * 2 + ["Knowledge"]
        sources |= {
            asking.explain(library, person, name, as_of=AS_OF).source
            for name in library.framework.competency_ids
        }
    assert sources >= {"ratings", "exams"}
    assert len(list(asking.plan_all(library, PlanRequest(), as_of=AS_OF))) == 8


def test_figures_by_hand(library):
    """An assistant: targets 2, 1.5, 1 with weights 1.5, 0.5, 1."""
    person = someone(library, reference_desk=1.0, reading_aloud=1.0, cataloguing=0.5)
    gaps = {i.competency_id: i for i in asking.gaps(library, person, as_of=AS_OF).competencies}
    assert {k: (i.gap, i.priority) for k, i in gaps.items()} == {
        "reference-desk": (1.0, 1.5),
        "reading-aloud": (0.5, 0.25),
        "cataloguing": (0.5, 0.5),
    }
    assert gaps["cataloguing"].standard_error == 0.15
    assert gaps["reference-desk"].standard_error == 0.35
    assert gaps["reading-aloud"].method == "面谈"
    ranked = asking.recommend(library, person, as_of=AS_OF)
    closed = {i.module_id: round(i.expected_gap_closed, 9) for i in ranked.recommendations}
    # the module in two competencies: 0.5 · 0.5 + 1.0 · 0.3
    assert closed == {
        "desk-basics": 0.9,
        "desk-interview": 0.75,
        "children-and-shelves": 0.55,
        "classes-online": 0.4,
    }
    assert list(closed) == sorted(closed, key=lambda name: -closed[name])
    both = next(i for i in ranked.recommendations if i.module_id == "children-and-shelves")
    assert [s.competency_id for s in both.competencies] == ["reading-aloud", "cataloguing"]
    assert {i.module_id: i.reason for i in ranked.excluded} == {
        "card-catalogue": "retired",
        "rules-for-librarians": "wrong-grade",
    }
    plan, _ = asking.plan(library, person, PlanRequest(hours_budget=11), as_of=AS_OF)
    # 6 h + 5 h close 0.9 + 0.55; the interview needs the basics and 14 h together
    assert [i.module_id for i in plan.items] == ["desk-basics", "children-and-shelves"]
    assert plan.expected_gap_closed == pytest.approx(1.45, abs=1e-9)


def test_an_imported_module_joins(library, tmp_path):
    person = someone(library, reference_desk=1.0, reading_aloud=1.0, cataloguing=0.5)
    digest = library.framework.catalog.digest
    written = import_rows(library, "modules", MODULE, path=tmp_path / "modules.xlsx")
    assert written.inserted == 1
    with reopened(library) as service:
        assert service.framework.catalog.digest != digest
        ranked = asking.recommend(service, person, as_of=AS_OF)
        first = ranked.recommendations[0]
        # 1.5 · min(1.0, 0.9) + 0.5 · min(0.5, 0.9)
        assert (first.module_id, round(first.expected_gap_closed, 9)) == ("desk-shadowing", 1.6)
        assert ranked.catalog_digest == service.framework.catalog.digest
        plan, document = asking.plan(service, person, PlanRequest(), as_of=AS_OF)
        assert plan.items[0].module_id == "desk-shadowing"
        assert document.items[0].title == "咨询台跟岗"
        settings = Settings(database=url_of(library), catalog=TINY, as_of=AS_OF)
        assert load_effective_catalog(settings) == service.framework.catalog


def test_an_imported_module_replaces_one_of_the_folder(library, tmp_path):
    row = MODULE | {"module_id": "classes-online", "competency_ids": "cataloguing", "hours": 3}
    import_rows(library, "modules", row, path=tmp_path / "modules.xlsx")
    with reopened(library) as service:
        module = service.framework.module_of["classes-online"]
        assert (module.title.zh_cn, module.hours) == ("咨询台跟岗", 3)
        assert module.repeat_months == 12  # what the table does not say stays
        assert len(service.framework.modules.ids) == 6


def test_without_imports_the_folder_is_the_catalogue(library):
    settings = Settings(database=url_of(library), catalog=TINY)
    assert load_effective_catalog(settings) == load_catalog(TINY)


@pytest.mark.parametrize(
    "changes",
    [
        {"module_id": "M-001"},
        {"module_id": "课程一"},
        {"module_id": "a" * 81},
        {"module_id": "desk-basics", "prerequisites": "desk-basics"},
        {"module_id": "desk-basics", "prerequisites": "desk-interview"},
    ],
    ids=["capitals", "Chinese", "too long", "needs itself", "circle with the folder"],
)
def test_modules_that_cannot_be_in_a_catalogue_are_not_stored(changes, library, tmp_path):
    """What is stored has to open again: else no command would work any more."""
    before = count_rows(url_of(library))
    with pytest.raises((RecommenderError, CatalogError)):
        import_rows(library, "modules", MODULE | changes, path=tmp_path / "modules.xlsx")
    assert count_rows(url_of(library)) == before
    with reopened(library) as service:
        assert len(asking.person_ids(service)) == 8


def test_an_empty_prerequisite_keeps_that_of_the_folder(library, tmp_path):
    """A circle closed by a prerequisite that the table does not name."""
    rows = [
        MODULE | {"module_id": "desk-interview"},
        MODULE | {"module_id": "desk-basics", "prerequisites": "desk-interview"},
    ]
    with pytest.raises((TableFaultsError, CatalogError)):
        import_rows(library, "modules", *rows, path=tmp_path / "modules.xlsx")
    with reopened(library) as service:
        assert service.framework.module_of["desk-interview"].prerequisites == ("desk-basics",)


def test_modules_imported_for_another_framework_are_told(library, tmp_path):
    import_rows(library, "modules", MODULE, path=tmp_path / "modules.xlsx")
    for attempt in (open_service, load_effective_catalog):
        with pytest.raises(CatalogError) as caught:
            attempt(Settings(database=url_of(library), catalog=DEFAULT_CATALOG))
        assert {fault.key for fault in caught.value.faults} == {"desk-shadowing.competencies"}


def test_people_of_a_grade_of_another_framework(library):
    someone(library, grade="g2")
    for ask in (
        lambda: asking.gaps(library, "L1", as_of=AS_OF),
        lambda: asking.recommend(library, "L1", as_of=AS_OF),
        lambda: asking.plan(library, "L1", PlanRequest(), as_of=AS_OF),
    ):
        with pytest.raises(InputError) as caught:
            ask()
        assert caught.value.code == "person.grade"
        assert caught.value.values == {"person_id": "L1", "grade": "g2"}
    # the others are served
    assert asking.gaps(library, asking.person_ids(library)[0], as_of=AS_OF)


def test_a_day_before_any_profile(library):
    with pytest.raises(InputError) as caught:
        asking.gaps(library, asking.person_ids(library)[0], as_of=dt.date(2023, 12, 31))
    assert caught.value.code == "profile.not-in-force"


def test_rows_of_indicators_that_are_gone_do_not_count(library):
    person = someone(library)
    row = {"person_id": person, "competency_id": "reference-desk", "rated_on": DAY}
    with writing(library.engine) as connection:
        connection.execute(
            schema.rating.insert(),
            [
                row | {"indicator_id": name, "rater_type": kind, "rater_id": "x", "rating": 3}
                for name, kind in (
                    ("reference-desk.1.1", "manager"),
                    ("reference-desk.9.9", "manager"),
                    ("reference-desk.1.9", "customer"),
                )
            ],
        )
    found = asking.explain(library, person, "reference-desk", as_of=AS_OF)
    assert found.level == 1.0
    assert [r["indicator_id"] for r in found.rows] == ["reference-desk.1.1"]
    assert [(p["rater_type"], p["weight"]) for p in found.parts] == [("manager", 1.0)]


def test_seats_that_are_taken(library):
    person = someone(library, reference_desk=1.0, reading_aloud=2.0, cataloguing=2.0)
    starts = [AS_OF + dt.timedelta(days=days) for days in (0, 5, 9)]
    with writing(library.engine) as connection:
        connection.execute(schema.offering.delete())
        connection.execute(
            schema.offering.insert(),
            [
                {"offering_id": f"run-{n}", "module_id": "desk-basics", "starts_on": day}
                | {"ends_on": day, "place": "二楼", "seats": 1}
                for n, day in enumerate(starts)
            ],
        )

    def planned():
        plan, document = asking.plan(library, person, PlanRequest(hours_budget=6), as_of=AS_OF)
        (item,) = plan.items
        return item.offering_id, item.starts_on, document.items[0].place

    # the run of today cannot be reached any more
    assert planned() == ("run-1", starts[1], "二楼")
    for offering, expected in (("run-1", "run-2"), ("run-2", None)):
        with writing(library.engine) as connection:
            connection.execute(
                schema.enrolment.insert().values(
                    person_id=asking.person_ids(library)[0],
                    module_id="desk-basics",
                    offering_id=offering,
                    status="enrolled",
                    enrolled_on=DAY + dt.timedelta(days=int(offering[-1])),
                )
            )
        assert planned()[0] == expected
    # no run has a seat left, and no day is made up
    assert planned()[1] is None


@pytest.mark.parametrize("n_people", [1, 2, 3])
def test_small_organisations(n_people, service):
    sample = make_organisation(service.framework, n_people=n_people, as_of=AS_OF)
    assert len(sample.people) == n_people
    again = make_organisation(service.framework, n_people=n_people, as_of=AS_OF)
    pd.testing.assert_frame_equal(sample.people, again.people)
