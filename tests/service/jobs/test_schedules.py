"""Work for later, and again and again: when, once, with whose rights, until somebody stops it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import yaml
from hypothesis import given
from hypothesis import strategies as st
from organisations import AS_OF, TINY

from recommender.errors import ForbiddenError, InputError
from recommender.service.access.keys import KeyRequest, create_key, principal_of, revoke_key
from recommender.service.access.signing_in.accounts import (
    AccountRequest,
    create_account,
    disable_account,
)
from recommender.service.access.signing_in.browsers import principal_of_account
from recommender.service.jobs import requests as jobs
from recommender.service.jobs.problems import Failure
from recommender.service.jobs.process import Ended, run_job
from recommender.service.jobs.schedules import (
    MOST_DAYS_AHEAD,
    Repeat,
    Schedule,
    next_moment,
    next_run,
)
from recommender.service.permissions import COMMAND_LINE, PERMISSIONS, Principal, Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.privacy.personal_data import erase_person
from recommender.service.session import Session
from recommender.service.today.work import list_running
from recommender.settings import Settings
from recommender.store import reading, schema, writing
from recommender.store.job_claims import claim_job, fail_job, finish_job, job_waits
from recommender.store.jobs import JobStatus

SCENARIOS = Path(__file__).parents[2] / "scenarios/calendar/repeats.yaml"
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC)
TONIGHT = NOW + dt.timedelta(hours=9)
PROBLEM = {"code": "job.bug", "values": {}}


def on_the_wall(text, zone):
    return dt.datetime.fromisoformat(str(text)).replace(tzinfo=zone)


def test_when_work_is_done_again_as_hr_can_read_it(subtests):
    for case in yaml.safe_load(SCENARIOS.read_text("utf-8")):
        with subtests.test(case["why"]):
            zone = ZoneInfo(case.get("zone", SHANGHAI.key))
            since, after, expected = (
                on_the_wall(case[name], zone) for name in ("since", "after", "next")
            )
            found = next_moment(Repeat(case["repeat"]), since, after, zone)
            assert found == expected.astimezone(dt.UTC)


BERLIN, EIGHT = ZoneInfo("Europe/Berlin"), dt.timezone(dt.timedelta(hours=8))
BEGIN, MINUTE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.timedelta(minutes=1)
moments = st.integers(0, 40 * 365 * 24 * 60).map(lambda minutes: BEGIN + minutes * MINUTE)


@given(st.sampled_from(Repeat), moments, moments, st.sampled_from([None, SHANGHAI, EIGHT, BERLIN]))
def test_the_next_moment_is_the_first_that_is_not_over(repeat, since, after, zone):
    found = next_moment(repeat, since, after, zone)
    assert found > after
    if since > after:
        assert found == since
        return
    # none was passed over; an hour more for clocks that are moved
    longest = {Repeat.DAILY: 1, Repeat.WEEKLY: 7, Repeat.MONTHLY: 31}[repeat]
    assert found - after <= dt.timedelta(days=longest, hours=1)
    first, last = (moment.astimezone(zone) for moment in (since, found))
    if first.utcoffset() == last.utcoffset():
        assert first.time() == last.time()


@pytest.fixture
def desk(library, library_url, tmp_path):
    """An office whose library has a folder of models of its own."""
    settings = Settings(database=library_url, catalog=TINY, as_of=AS_OF, models=tmp_path / "models")
    return Desk(replace(library, models=replace(library.models, root=settings.models)), settings)


class Desk:
    """An office: who asks for work, and the worker who does it."""

    def __init__(self, service, settings):
        self.service, self.settings = service, settings

    def ask(self, use, *args, who=COMMAND_LINE, **values):
        return use(Session(self.service, who, "test", today=AS_OF, lang="en"), *args, **values)

    def plan(self, run_at=None, repeat=None, **values):
        asked = {"schedule": Schedule(run_at, repeat), **values}
        return self.ask(jobs.submit_plans, PlanRequest(), **asked)

    def look(self, job_id):
        return self.ask(jobs.get_job, job_id)

    def write(self, use, *args, **values):
        with writing(self.service.engine) as connection:
            return use(connection, *args, **values)

    def claim(self, now=TONIGHT, worker="w"):
        return self.write(claim_job, worker, now=now)

    def work(self, now=TONIGHT):
        """Do the oldest job that is due as a worker's process does; return it and its outcome."""
        job = self.claim(now)
        outcome = run_job(self.service, self.settings, job, "w")
        if isinstance(outcome, Failure):
            at = None if outcome.is_final else next_run(job, zone=self.service.zone, now=now)
            assert self.write(
                fail_job, job.job_id, "w", problem=outcome.problem, result=None, next_at=at
            )
        return self.look(job.job_id)

    def key(self, **values):
        return self.ask(create_key, KeyRequest("a program", Role.HR, **values)).key


class KilledError(Exception):
    """What ends a transaction as a killed process does."""


def finish_and_die(connection, job_id):
    assert finish_job(connection, job_id, "w", result={}, next_at=TONIGHT + 7 * DAY)
    raise KilledError


def waiting(desk):
    found = desk.ask(jobs.get_jobs, limit=9, status=JobStatus.QUEUED)
    return [job.job_id for job in found]


def test_no_worker_takes_a_job_before_its_moment(desk):
    job = desk.plan(run_at=TONIGHT)
    assert (job.status, job.run_at, job.repeat) == (JobStatus.QUEUED, TONIGHT, None)
    before = TONIGHT - dt.timedelta(seconds=1)
    assert not desk.write(job_waits, now=before)
    assert desk.claim(before) is None
    now = desk.plan()  # what waits for its moment holds nobody up
    assert desk.claim(before).job_id == now.job_id
    assert desk.write(job_waits, now=TONIGHT)
    assert desk.work().status is JobStatus.DONE
    assert waiting(desk) == []


def test_the_next_run_is_queued_in_the_transaction_that_ends_the_one_before(desk):
    first = desk.plan(run_at=TONIGHT, repeat=Repeat.DAILY)
    done = desk.work()
    assert done.status is JobStatus.DONE
    (next_id,) = waiting(desk)
    assert (done.next_job_id, done.series_ended) == (next_id, False)
    following = desk.look(next_id)
    assert (following.run_at, following.repeat) == (TONIGHT + DAY, Repeat.DAILY)
    assert following.request == first.request
    # again, and by somebody who took the worker for dead
    for worker in ("w", "other"):
        for end, what in ((finish_job, {"result": {}}), (fail_job, {"problem": PROBLEM})):
            assert not desk.write(end, first.job_id, worker, next_at=TONIGHT + DAY, **what)
    assert waiting(desk) == [next_id]
    assert desk.work(TONIGHT + DAY).job_id == next_id


def test_a_worker_killed_at_the_end_leaves_one_next_run(desk):
    """Whatever it had done and queued is rolled back with it; whoever takes over queues it."""
    desk.plan(run_at=TONIGHT, repeat=Repeat.WEEKLY)
    job = desk.claim()
    with pytest.raises(KilledError):
        desk.write(finish_and_die, job.job_id)
    assert waiting(desk) == []
    taken = desk.claim(TONIGHT + dt.timedelta(minutes=2), "other")
    assert (taken.job_id, taken.attempts) == (job.job_id, 2)
    assert run_job(desk.service, desk.settings, taken, "other") == Ended(done=True)
    assert run_job(desk.service, desk.settings, job, "w") == Ended(done=False)
    (next_id,) = waiting(desk)
    assert desk.look(next_id).run_at == TONIGHT + 7 * DAY


def test_a_run_that_failed_is_followed_by_the_next(desk):
    first = desk.ask(jobs.submit_training, schedule=Schedule(TONIGHT, Repeat.MONTHLY))
    failed = desk.work()
    assert (failed.status, failed.problem.code) == (JobStatus.FAILED, "model.too-few-records")
    assert waiting(desk) == [failed.next_job_id]
    assert desk.look(failed.next_job_id).request == first.request


def test_missed_runs_are_made_up_for_once(desk):
    """Five nights without a server: one run, and the next at the usual time."""
    job = desk.plan(run_at=TONIGHT, repeat=Repeat.DAILY)
    table, long_ago = schema.job, TONIGHT - 5 * DAY
    desk.write(lambda c: c.execute(table.update().values(run_at=long_ago, repeat_since=long_ago)))
    done = desk.work(NOW)
    assert done.job_id == job.job_id
    assert desk.look(done.next_job_id).run_at == TONIGHT
    assert desk.claim(NOW) is None


def test_cancelling_the_job_that_waits_ends_the_series(desk):
    desk.plan(run_at=TONIGHT, repeat=Repeat.DAILY)
    done = desk.work()
    # the run that has ended cannot be cancelled any more: the next one can
    kept = desk.ask(jobs.cancel_job, done.job_id)
    assert (kept.status, kept.series_ended) == (JobStatus.DONE, False)
    ended = desk.ask(jobs.cancel_job, done.next_job_id)
    assert (ended.status, ended.next_job_id) == (JobStatus.CANCELLED, None)
    assert ended.series_ended
    assert waiting(desk) == []


def test_cancelling_the_job_at_work_ends_the_series_too(desk):
    desk.plan(run_at=TONIGHT, repeat=Repeat.DAILY)
    job = desk.claim()
    asked = desk.ask(jobs.cancel_job, job.job_id)
    assert (asked.status, asked.series_ended) == (JobStatus.RUNNING, True)
    assert run_job(desk.service, desk.settings, job, "w") == Ended(done=False)
    # it failed before its worker saw that it was to stop
    desk.write(fail_job, job.job_id, "w", problem=PROBLEM, next_at=TONIGHT + DAY)
    assert waiting(desk) == []


def test_without_a_day_each_run_is_of_its_own(desk):
    """One that names a day keeps it; at once is today, whenever a worker comes to it."""
    named = desk.plan(run_at=TONIGHT, as_of=AS_OF - DAY)
    unnamed, now = desk.plan(run_at=TONIGHT), desk.plan()
    assert [job.request["as_of"] for job in (named, unnamed, now)] == [
        str(AS_OF - DAY),
        None,
        str(AS_OF),
    ]
    desk.settings = desk.settings.model_copy(update={"as_of": AS_OF + DAY})
    table = schema.plan.c
    days = []
    for _ in range(3):
        desk.work()
        with reading(desk.service.engine) as connection:
            days.append(connection.scalar(sa.select(sa.func.max(table.as_of))))
    assert days == [AS_OF - DAY, AS_OF + DAY, AS_OF]


def test_a_moment_that_is_over_or_far_away_is_refused(desk):
    for run_at, code in (
        (NOW - DAY, "job.past-moment"),
        (NOW + (MOST_DAYS_AHEAD + 1) * DAY, "job.far-moment"),
    ):
        with pytest.raises(InputError) as refused:
            desk.plan(run_at=run_at)
        assert (refused.value.code, refused.value.values["field"]) == (code, "#/run_at")


def test_who_could_not_be_known_later_has_work_done_at_once_only(desk):
    who = Principal("token:0123456789abcdef", Role.HR, PERMISSIONS[Role.HR])
    for schedule in (Schedule(TONIGHT), Schedule(repeat=Repeat.DAILY)):
        with pytest.raises(ForbiddenError) as refused:
            desk.plan(who=who, schedule=schedule)
        assert refused.value.code == "job.token-later"
    assert desk.plan(who=who).status is JobStatus.QUEUED


def ended_with_its_principal(desk):
    """Do the run that is due; say that it failed for want of a principal, and is the last."""
    failed = desk.work()
    assert (failed.status, failed.problem.code) == (JobStatus.FAILED, "job.no-principal")
    assert (failed.next_job_id, failed.series_ended, waiting(desk)) == (None, True, [])
    return failed


def test_a_series_ends_when_its_key_is_revoked(desk):
    key = desk.key()
    desk.plan(run_at=TONIGHT, repeat=Repeat.DAILY, who=principal_of(key))
    desk.ask(revoke_key, key.key_id)
    failed = ended_with_its_principal(desk)
    assert key.key_id in failed.problem.message


def test_a_series_ends_when_its_account_is_disabled(desk):
    account = desk.ask(create_account, AccountRequest("hr", "synthetic hr", Role.HR))
    who = principal_of_account(account)
    desk.plan(run_at=TONIGHT, repeat=Repeat.DAILY, who=who)
    done = desk.work()
    assert done.status is JobStatus.DONE
    desk.ask(disable_account, account.account_id)
    assert desk.claim() is None
    failed = desk.work(TONIGHT + DAY)
    assert (failed.problem.code, failed.series_ended) == ("job.no-principal", True)


def test_a_run_has_the_rights_that_its_key_has_by_then(desk):
    """A right that was taken away since is not used any more, and the series ends."""
    key = desk.key()
    desk.plan(run_at=TONIGHT, repeat=Repeat.DAILY, who=principal_of(key))
    table = schema.api_key
    desk.write(lambda c: c.execute(table.update().values(permissions=["jobs:run"])))
    failed = desk.work()
    assert (failed.problem.code, failed.series_ended) == ("access.forbidden", True)


def test_what_waits_for_its_moment_is_not_under_way(desk):
    desk.plan(run_at=TONIGHT)
    now = desk.plan()
    assert [each.job.job_id for each in desk.ask(list_running)] == [now.job_id]


def test_a_series_of_somebody_is_in_the_way_of_no_erasure(desk):
    """It names nobody any more, and its next run finds that its owner is gone."""
    key = desk.key(person_id="00001")
    job = desk.plan(run_at=TONIGHT, repeat=Repeat.DAILY, who=principal_of(key))
    desk.ask(erase_person, "00001")
    with reading(desk.service.engine) as connection:
        row = connection.execute(sa.select(schema.job)).one()
    assert "00001" not in str(row.principal)
    assert ended_with_its_principal(desk).job_id == job.job_id
