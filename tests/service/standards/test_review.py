"""The review of the standard: what people show, what calls for a look, and who is told what."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from asking import session_of
from organisations import AS_OF, TINY, service_on
from rated_library import BAD, UNITS, fill_rated, store_changes

from recommender.errors import ForbiddenError, NotFoundError
from recommender.service.framework import build_framework
from recommender.service.groups.levels import read_levels
from recommender.service.groups.table import StatisticsRequest
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.service.standards.reviewing import review_standards
from recommender.service.standards.wording import say_finding, say_unchecked
from recommender.standards import StandardBasis, Trigger
from recommender.store import EVERYONE, reading
from recommender.store.people.people import list_people
from recommender.texts import LANGUAGES
from training_catalog.model import Text
from training_catalog.post import JobElement, JobProfile

REQUEST = StatisticsRequest(AS_OF)
TARGETS = {Trigger.TARGET_MET_BY_NEARLY_ALL, Trigger.TARGET_MET_BY_HARDLY_ANY}


def principal(role, **facts):
    return Principal(f"key:{role}", role, PERMISSIONS[role], **facts)


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    with service_on(f"sqlite:///{tmp_path_factory.mktemp('rated') / 'hr.db'}", catalog=TINY) as one:
        fill_rated(one)
        yield one


@pytest.fixture(scope="module")
def whole(rated):
    return review_standards(session_of(rated), REQUEST)


def with_targets(service, **levels):
    """The service as it would be with other targets, of levels that some have and some lack."""
    levels = {"cataloguing": 0.9} | levels
    profiles = tuple(
        profile.model_copy(
            update={
                "targets": {
                    name: target.model_copy(
                        update={"level": levels.get(name.replace("-", "_"), target.level)}
                    )
                    for name, target in profile.targets.items()
                },
                "review_on": dt.date(2030, 1, 1),
            }
        )
        for profile in service.framework.catalog.profiles
    )
    catalog = service.framework.catalog.model_copy(update={"profiles": profiles})
    return replace(service, framework=build_framework(catalog))


def found(review, *kinds):
    return [each for each in review.findings if not kinds or each.trigger in kinds]


def test_only_the_indicator_that_is_answered_by_chance_is_found(whole):
    flat = found(whole, Trigger.INDICATOR_FLAT)
    assert [(each.item_id, each.competency_id) for each in flat] == [(BAD, "reading-aloud")]
    assert [item.item_id for item in whole.items if item.is_flat] == [BAD]
    assert flat[0].upper < 0.64
    assert flat[0].p_value < 0.05
    others = set(Trigger) - {Trigger.INDICATOR_FLAT, Trigger.REVIEW_DUE, *TARGETS}
    assert found(whole, *others) == []
    assert (whole.n_people, whole.n_sampled) == (200, 200)
    assert {item.kind for item in whole.items} == {"indicator", "subject"}
    assert all(row.icc.value > 0.6 and row.disagree is False for row in whole.agreement)
    assert next(exam for exam in whole.exams if not exam.suppressed).alpha.value > 0.7


def test_figures_are_those_of_the_levels(rated, whole):
    with reading(rated.engine) as connection:
        people = list_people(connection, EVERYONE, limit=None)
        levels = read_levels(connection, rated, people, as_of=AS_OF, scope=EVERYONE).level[:, 0]
    assistant, librarian = whole.grades
    row, ahead = assistant.targets[0], assistant.targets[0].next_grade
    grades = np.array([head.grade for head in people])
    own, next_ = levels[grades == "assistant"], levels[grades == "librarian"]
    assert (row.competency_id, row.target, row.n_assessed) == ("reference-desk", 2.0, len(own))
    assert row.share_met.value == pytest.approx((own >= 2).mean(), abs=1e-4)
    assert row.level.p50 == pytest.approx(np.median(own), abs=0.05)
    assert (ahead.grade, ahead.n_assessed) == ("librarian", len(next_))
    assert ahead.share_met.value == pytest.approx((next_ >= 2).mean(), abs=1e-4)
    assert librarian.targets[0].next_grade is None


def test_a_target_far_off_is_found_and_no_other(rated):
    review = review_standards(session_of(with_targets(rated, reading_aloud=0.1)), REQUEST)
    targets = found(review, *TARGETS)
    assert {(each.trigger, each.competency_id) for each in targets} == {
        (Trigger.TARGET_MET_BY_NEARLY_ALL, "reading-aloud")
    }
    assert all(each.lower > 0.9 for each in targets)
    review = review_standards(session_of(with_targets(rated, reference_desk=3.9)), REQUEST)
    assert {(each.trigger, each.competency_id) for each in found(review, *TARGETS)} == {
        (Trigger.TARGET_MET_BY_HARDLY_ANY, "reference-desk")
    }


def test_a_review_is_due_two_years_after_a_standard_took_effect_or_on_its_day(rated, whole):
    due = {each.grade: each.on for each in found(whole, Trigger.REVIEW_DUE)}
    assert due == {"assistant": dt.date(2026, 1, 1), "librarian": dt.date(2026, 1, 1)}
    assert found(review_standards(session_of(with_targets(rated)), REQUEST)) == found(
        whole, Trigger.INDICATOR_FLAT
    )


def test_a_form_that_shifts_ratings_is_found(upgraded_url):
    with service_on(upgraded_url, catalog=TINY) as service:
        store_changes(service, form_shift=0.3)
        review = review_standards(session_of(service), REQUEST)
        shift, *others = found(review, Trigger.RATINGS_SHIFTED)
        assert "2022-12" in say_finding(service.framework, shift, "en")
    assert others == []
    assert shift.competency_id is None
    assert abs(shift.on - dt.date(2022, 12, 22)) < dt.timedelta(days=60)
    assert shift.lower < 0.3 < shift.upper


def test_a_changed_job_and_new_business_are_found_where_it_was_recorded(rated, whole):
    reasons = {(each.trigger, each.reason) for each in whole.unchecked if each.grade}
    assert (Trigger.NEW_BUSINESS_LINE, "no-basis") in reasons
    assert (Trigger.JOB_PROFILE_CHANGED, "no-job-profile") in reasons
    bases = {
        "assistant": StandardBasis({}, ("咨询台", "阅览部")),
        "librarian": StandardBasis({"readers": "0123"}, ("咨询台",)),
    }
    review = review_standards(session_of(rated), REQUEST, bases=bases)
    told = found(review, Trigger.JOB_PROFILE_CHANGED, Trigger.NEW_BUSINESS_LINE)
    assert [(each.trigger, each.grade, each.names) for each in told] == [
        (Trigger.JOB_PROFILE_CHANGED, "librarian", ("readers",)),
        (Trigger.NEW_BUSINESS_LINE, "librarian", ("阅览部",)),
    ]
    assert "阅览部" in say_finding(rated.framework, told[1], "zh-CN")


def test_without_a_record_the_weights_tell_of_a_changed_job_profile(rated):
    text = Text(zh_cn="服务读者", en="Serving readers")
    # by which the weights of an assistant are those of the catalogue: 1.5, .5 and 1
    relevance = {"reference-desk": 3, "reading-aloud": 1, "cataloguing": 2}
    for changed in (False, True):
        duty = JobElement(
            id="readers",
            name=text,
            description=text,
            importance={"assistant": 1},
            relevance={
                name: {"assistant": 1 if changed else value} for name, value in relevance.items()
            },
        )
        job = JobProfile(
            id="library",
            name=text,
            purpose=text,
            weight_formula=text,
            duties=(duty,),
            result_measures=(),
        )
        catalog = rated.framework.catalog.model_copy(update={"job_profile": job})
        service = replace(rated, framework=build_framework(catalog))
        review = review_standards(session_of(service), REQUEST)
        weights = found(review, Trigger.JOB_PROFILE_CHANGED)
        told = [(each.grade, each.competency_id, each.figure, each.limit) for each in weights]
        assert told == (
            [("assistant", "reference-desk", 1.0, 1.5), ("assistant", "reading-aloud", 1.0, 0.5)]
            if changed
            else []
        )


# -- who is told what --


def test_who_sees_no_single_person_is_told_no_exact_numbers(rated):
    analyst = session_of(rated, who=principal(Role.ANALYST))
    review = review_standards(analyst, StatisticsRequest(dt.date(2026, 12, 31)))
    assert review.as_of == dt.date(2026, 9, 30)  # the quarter that has ended, with its ratings
    targets = [row for grade in review.grades for row in grade.targets]
    counts = [row.n_assessed for row in targets] + [item.n for item in review.items]
    assert all(count is None or count % 5 == 0 for count in counts)
    assert all(each.p_value is None for each in review.findings)
    shares = [row.share_met for row in targets if row.share_met]
    assert all(round(share.value, 2) == share.value for share in shares)


def test_an_analyst_is_told_of_items_of_the_whole_organisation_alone(rated):
    analyst = session_of(rated, who=principal(Role.ANALYST))
    review = review_standards(analyst, StatisticsRequest(AS_OF, org_unit=UNITS[0]))
    assert review.items == review.agreement == ()
    assert {each.reason for each in review.unchecked if not each.grade} == {"not-told"}


def test_a_unit_is_its_people_and_hr_sees_its_own(rated):
    east = session_of(rated, who=principal(Role.HR, org_unit="东馆"))
    review = review_standards(east, REQUEST)
    assert review.n_people == 67
    one = review_standards(session_of(rated), StatisticsRequest(AS_OF, org_unit="东馆"))
    assert one.items == review.items
    with pytest.raises(NotFoundError):
        review_standards(east, StatisticsRequest(AS_OF, org_unit="西馆"))
    with pytest.raises(NotFoundError):
        review_standards(east, StatisticsRequest(AS_OF, grade="boss"))
    only = review_standards(east, StatisticsRequest(AS_OF, grade="librarian"))
    assert [grade.grade for grade in only.grades] == ["librarian"]


def test_a_manager_is_told_no_figures_of_raters_and_an_employee_nothing(rated):
    manager = principal(Role.MANAGER, person_id="B000")
    review = review_standards(session_of(rated, who=manager), REQUEST)
    assert review.items == review.exams == review.agreement == ()
    assert review.n_sampled is None
    # of a single person nothing is told
    assert all(row.suppressed for grade in review.grades[:1] for row in grade.targets[:2])
    with pytest.raises(ForbiddenError):
        review_standards(session_of(rated, who=principal(Role.EMPLOYEE, person_id="B000")), REQUEST)


def test_everything_found_and_left_is_said_in_both_languages(rated, whole):
    for lang in LANGUAGES:
        for finding in whole.findings:
            assert "None" not in say_finding(rated.framework, finding, lang)
        for unchecked in whole.unchecked:
            assert " — " in say_unchecked(rated.framework, unchecked, lang)
