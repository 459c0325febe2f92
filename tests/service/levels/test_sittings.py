"""Sittings that lack a subject count for nothing, and are named."""

import datetime as dt

import asking
import pytest
from organisations import AS_OF, TINY, service_on, someone

from recommender.documents import render_plan_page
from recommender.results import IncompleteSitting
from recommender.service.levels.sittings import say_incomplete
from recommender.service.plans.choices import PlanRequest
from recommender.store import schema, writing

SAT_ON = dt.date(2026, 9, 1)


@pytest.fixture
def service(tmp_path):
    with service_on(f"sqlite:///{tmp_path / 'hr.db'}", catalog=TINY) as service:
        person = someone(service, reference_desk=1.0)
        with writing(service.engine) as connection:
            for level, subject in ((1, "rules"), (1, "classes"), (2, "classes")):
                connection.execute(
                    schema.exam_result.insert().values(
                        person_id=person,
                        competency_id="cataloguing",
                        exam_level=level,
                        subject=subject,
                        score=80.0,
                        sat_on=SAT_ON,
                    )
                )
        yield service


def test_a_sitting_that_lacks_a_subject_is_named_with_it(service):
    gaps = asking.gaps(service, "L1", as_of=AS_OF)
    subjects = {
        subject.id: subject.name
        for exam in service.framework.competencies["cataloguing"].exams
        if exam.level == 2
        for subject in exam.subjects
    }
    missing = tuple(name for name in subjects if name != "classes")
    assert missing
    assert gaps.incomplete_sittings == (IncompleteSitting("cataloguing", 2, SAT_ON, missing),)
    for lang in ("zh-CN", "en"):
        sentence = say_incomplete(service.framework, gaps.incomplete_sittings[0], lang)
        for name in missing:
            assert subjects[name].in_language(lang) in sentence
        _, document = asking.plan(service, "L1", PlanRequest(), as_of=AS_OF, lang=lang)
        assert sentence in document.notes
        assert all(
            subjects[name].in_language(lang) in render_plan_page(document, lang=lang)
            for name in missing
        )


def test_the_derivation_names_it_beside_the_sittings_that_count(service):
    parts = asking.explain(service, "L1", "cataloguing", as_of=AS_OF).parts
    assert [(part["exam_level"], part["complete"], bool(part["missing"])) for part in parts] == [
        (1, True, False),
        (2, False, True),
    ]
