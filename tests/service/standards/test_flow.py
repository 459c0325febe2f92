"""A standard from its proposal to the day it counts: who may, what is refused, who moves."""

import datetime as dt
from functools import partial

import pytest
from asking import session_of
from at_once import at_once
from organisations import AS_OF

from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StaleError,
)
from recommender.service.framework import find_changed_standards
from recommender.service.groups.concerned import find_concerned
from recommender.service.groups.table import StatisticsRequest
from recommender.service.standards.deciding import (
    approve_standard,
    reject_standard,
    submit_standard,
    withdraw_standard,
)
from recommender.service.standards.proposing import (
    HandTarget,
    ProposalRequest,
    propose_standard,
    record_round,
)
from recommender.service.standards.reading import list_proposals, list_versions, read_proposal
from recommender.service.standards.simulating import simulate_standard

from .conftest import ANALYST, AUTHOR, FIRST, NEXT_YEAR, SECOND, hr

DESK, ALOUD = "reference-desk", "reading-aloud"


def by_hand(level=2.5, day=NEXT_YEAR, **more):
    targets = {DESK: HandTarget(level, note="读者的问题更难了"), **more}
    return ProposalRequest("assistant", day, "by-hand", "两轮达标率都高", targets=targets)


def propose(desk, request=None):
    return propose_standard(desk.as_(AUTHOR), request or by_hand()).stored.proposal_id


def submitted(desk, request=None):
    proposal_id = propose(desk, request)
    submit_standard(desk.as_(AUTHOR), proposal_id)
    return proposal_id


def approved(desk, request=None):
    proposal_id = submitted(desk, request)
    approve_standard(desk.as_(FIRST), proposal_id)
    approve_standard(desk.as_(SECOND), proposal_id)
    return proposal_id


def below_target(desk, day):
    """Who is below the target of the desk on a day, by the standard of that day."""
    session = desk.as_(today=day)
    return {each.head.person_id for each in find_concerned(session, StatisticsRequest(day), DESK)}


def refused(code, act, *given, **named):
    with pytest.raises(
        (ConflictError, ForbiddenError, InputError, NotFoundError, StaleError)
    ) as found:
        act(*given, **named)
    assert found.value.code == code


def test_simulated_and_then_done_the_same_people_move(desk_on_both):
    desk = desk_on_both
    proposal_id = submitted(desk)
    told = simulate_standard(desk.as_(), proposal_id)
    before = below_target(desk, AS_OF)
    approve_standard(desk.as_(FIRST), proposal_id)
    digest = desk.as_().service.framework.catalog.digest
    assert below_target(desk, NEXT_YEAR) == before  # one approval changes nothing
    approve_standard(desk.as_(SECOND), proposal_id)
    assert desk.as_().service.framework.catalog.digest != digest
    after = below_target(desk, NEXT_YEAR)
    assert below_target(desk, NEXT_YEAR - dt.timedelta(days=1)) == before
    # of 2.0, 2.2 and 2.4; 2.6 reaches the new target as well
    assert after - before == {mover.person_id for mover in told.movers} == {"A4", "A5", "A6"}
    assert before - after == set()
    (row,) = told.rows
    assert (row.below_before, row.below_after) == (len(before), len(after)) == (3, 6)
    assert (told.people, told.moved, row.opened, row.closed) == (8, 3, 3, 0)


def test_a_version_says_what_it_changed_and_the_folder_stays_beside_it(desk):
    proposal_id = approved(desk)
    by_grade = {
        grade: [each for each in list_versions(desk.as_()) if each.grade == grade]
        for grade in ("assistant", "librarian")
    }
    old, new = by_grade["assistant"]
    assert (old.proposal_id, old.in_force, old.changes) == (None, True, ())
    assert (new.proposal_id, new.in_force) == (proposal_id, False)
    assert new.changes == ((DESK, 2.0, 2.5),)
    assert len(by_grade["librarian"]) == 1
    # a target that changed has the reason given for it, others have the one they had
    _, profile = (
        each for each in desk.as_().service.framework.catalog.profiles if each.grade == "assistant"
    )
    assert profile.targets[DESK].rationale.zh_cn == "读者的问题更难了"
    assert profile.targets[ALOUD].rationale.zh_cn == "每周一次"
    later = {each.grade: each for each in list_versions(desk.as_(today=NEXT_YEAR))}
    assert later["assistant"].in_force


def test_comparisons_know_which_standards_changed_between_two_days(desk):
    approved(desk)
    catalog = desk.as_().service.framework.catalog
    day = dt.timedelta(days=1)
    (changed,) = find_changed_standards(catalog, NEXT_YEAR - day, NEXT_YEAR)
    assert (changed.grade, changed.effective_on) == ("assistant", NEXT_YEAR)
    assert changed.competency_ids == (DESK,)
    for earlier, later, grade in (
        (NEXT_YEAR, NEXT_YEAR + day, None),  # both under the new one
        (AS_OF, NEXT_YEAR - day, None),  # both under the old one
        (NEXT_YEAR - day, NEXT_YEAR, "librarian"),
        (dt.date(2020, 1, 1), AS_OF, None),  # the first version changes nothing
    ):
        assert find_changed_standards(catalog, earlier, later, grade=grade) == ()


def test_it_takes_two_who_are_neither_the_author_nor_one_person(desk):
    proposal_id = submitted(desk)
    refused("standard.own", approve_standard, desk.as_(AUTHOR), proposal_id)
    approve_standard(desk.as_(FIRST), proposal_id, comment="同意")
    refused("standard.approved-before", approve_standard, desk.as_(FIRST), proposal_id)
    read = read_proposal(desk.as_(ANALYST), proposal_id)
    assert [(each.actor, each.comment) for each in read.approvals] == [("key:first", "同意")]
    assert read.stored.status == "submitted"
    # the command line is one hand of the two
    approve_standard(desk.as_(), proposal_id)
    assert read_proposal(desk.as_(), proposal_id).stored.status == "approved"
    refused("standard.not-submitted", approve_standard, desk.as_(SECOND), proposal_id)
    refused("standard.decided", withdraw_standard, desk.as_(AUTHOR), proposal_id)
    of_command_line = propose_standard(desk.as_(), by_hand(3.0, NEXT_YEAR.replace(month=2)))
    submit_standard(desk.as_(), of_command_line.stored.proposal_id)
    refused("standard.own", approve_standard, desk.as_(), of_command_line.stored.proposal_id)


def test_who_may_neither_propose_nor_approve(desk):
    mine = submitted(desk)
    for who, code in (
        (ANALYST, "access.forbidden"),
        (hr("unit", org_unit="阅览部"), "standard.whole-organisation"),
    ):
        refused(code, propose_standard, desk.as_(who), by_hand())
        refused(code, submit_standard, desk.as_(who), mine)
        refused(code, approve_standard, desk.as_(who), mine)


def test_what_cannot_be_proposed_is_refused(desk):
    for code, request in (
        ("standard.past", by_hand(day=AS_OF)),
        ("standard.level", by_hand(level=4.5)),
        ("standard.weights", by_hand(**{ALOUD: HandTarget(2.0, weight=3.0)})),
        ("competency.unknown", by_hand(juggling=HandTarget(2.0))),
        ("catalogue.no-grade", ProposalRequest("director", NEXT_YEAR, "by-hand", "因为")),
        ("standard.no-rationale", ProposalRequest("assistant", NEXT_YEAR, "by-hand", " ")),
    ):
        refused(code, propose_standard, desk.as_(AUTHOR), request)
    nothing = propose(desk, by_hand(level=2.0))
    refused("standard.no-change", submit_standard, desk.as_(AUTHOR), nothing)
    refused("standard.not-submitted", approve_standard, desk.as_(FIRST), nothing)
    refused("standard.unknown", submit_standard, desk.as_(AUTHOR), "standard-0")
    assert list_proposals(desk.as_(), status="approved", limit=9) == []


def test_two_of_a_day_or_on_an_older_basis_do_not_both_come_into_force(desk_on_both):
    desk = desk_on_both
    same_day, later = (
        submitted(desk, by_hand(3.0)),
        submitted(desk, by_hand(day=dt.date(2027, 6, 1))),
    )
    approved(desk)
    refused("standard.taken", approve_standard, desk.as_(FIRST), same_day)
    refused("standard.taken", propose_standard, desk.as_(AUTHOR), by_hand())
    # it was to change 2.0, and would follow 2.5 now
    refused("standard.outdated", approve_standard, desk.as_(FIRST), later)
    refused("standard.past", approve_standard, desk.as_(FIRST, today=NEXT_YEAR), same_day)


def test_of_two_last_approvals_at_once_for_one_day_one_counts(desk_on_both):
    desk = desk_on_both
    rivals = [submitted(desk, by_hand(level)) for level in (2.5, 3.0)]
    for each in rivals:
        approve_standard(desk.as_(FIRST), each)
    sessions = [desk.as_(SECOND), desk.as_(SECOND)]
    done = at_once(*map(partial, [approve_standard] * 2, sessions, rivals))
    (refused_one,) = (each for each in done if isinstance(each, ConflictError))
    assert refused_one.code == "standard.taken"
    assert len(list_proposals(desk.as_(), status="approved", limit=9)) == 1


def test_a_draft_is_changed_as_it_was_seen_and_ends_rejected_or_withdrawn(desk):
    proposal_id = propose(desk)
    refused("request.stale", submit_standard, desk.as_(AUTHOR), proposal_id, seen=7)
    submit_standard(desk.as_(AUTHOR), proposal_id, seen=1)
    refused("standard.not-draft", submit_standard, desk.as_(AUTHOR), proposal_id)
    reject_standard(desk.as_(FIRST), proposal_id, comment="依据不足")
    other = propose(desk)
    withdraw_standard(desk.as_(AUTHOR), other)
    assert [each.status for each in list_proposals(desk.as_(), limit=9)] == [
        "withdrawn",
        "rejected",
    ]


def test_the_median_of_performers_is_rounded_to_a_target_and_keeps_its_range(desk):
    request = ProposalRequest(
        "assistant", NEXT_YEAR, "median-of-performers", "绩优人员", performers=desk.ids[2:]
    )
    proposal = propose_standard(desk.as_(AUTHOR), request)
    found = {each.competency_id: each for each in proposal.targets}[DESK]
    # 1.8, 2.0, 2.2, 2.4, 2.6, 3.0
    assert (found.found, found.new_level, found.found_of) == (pytest.approx(2.3), 2.5, 6)
    assert (found.lower, found.upper) == (1.8, 3.0)
    # nobody is assessed in it, so it stays
    untouched = {each.competency_id: each for each in proposal.targets}["cataloguing"]
    assert (untouched.new_level, untouched.found_of) == (1.0, None)
    few = ProposalRequest("assistant", NEXT_YEAR, "median-of-performers", "绩优", performers=["A1"])
    refused("standard.few-performers", propose_standard, desk.as_(AUTHOR), few)


def test_a_panel_judges_in_two_rounds_and_the_second_counts(desk_on_both):
    desk = desk_on_both
    request = ProposalRequest("assistant", NEXT_YEAR, "angoff", "专家评议")
    proposal_id = propose(desk, request)

    def judge(number, *levels, experts="ABCD"):
        answers = {each: {DESK: level} for each, level in zip(experts, levels, strict=False)}
        return record_round(desk.as_(AUTHOR), proposal_id, number, answers)

    refused("standard.rounds-missing", submit_standard, desk.as_(AUTHOR), proposal_id)
    refused("standard.no-first-round", judge, 2, 2.0, 2.0, 2.0)
    refused("standard.few-experts", judge, 1, 2.0, 3.0)
    judge(1, 1.0, 2.0, 3.0, 4.0)
    refused("standard.new-expert", judge, 2, 2.0, 2.0, 2.0, experts="ABE")
    proposal = judge(2, 2.5, 2.5, 3.0, 3.0)
    refused("standard.second-round", judge, 1, 1.0, 2.0, 3.0)
    assert proposal.rounds == 2
    found = proposal.targets[0]
    assert (found.competency_id, found.found, found.new_level) == (DESK, 2.75, 3.0)
    assert proposal.panel.first_mean[0] == 2.5
    assert proposal.panel.spread[0] < proposal.panel.first_spread[0]
    assert [each.new_level for each in proposal.changes] == [3.0]
    submit_standard(desk.as_(AUTHOR), proposal_id)


def test_hours_and_money_are_those_of_plans_under_both_standards(desk):
    proposal_id = propose(desk, by_hand(level=3.0))
    estimate = simulate_standard(desk.as_(), proposal_id, with_plans=True).estimate
    # everybody but the one at 3.0 lacks more than before
    assert (estimate.affected, estimate.tried, estimate.is_estimate) == (7, 7, False)
    assert 0 < estimate.hours_before < estimate.hours_after
    assert estimate.cost_before < estimate.cost_after


def test_who_may_see_no_single_person_is_told_counts_in_steps_and_no_names(desk):
    proposal_id = propose(desk)
    told = simulate_standard(desk.as_(ANALYST), proposal_id, with_plans=True)
    assert (told.as_of, told.movers, told.estimate) == (dt.date(2026, 9, 30), None, None)
    assert (told.people, told.moved) == (5, None)
    (row,) = told.rows
    assert (row.assessed, row.below_before, row.below_after, row.opened) == (5, None, 5, None)
    unit = session_of(desk.as_().service, who=hr("other", org_unit="别处"))
    assert simulate_standard(unit, proposal_id).movers == ()
