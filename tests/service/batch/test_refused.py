"""Who cannot be given anything is named with the reason, and everybody else gets theirs."""

from dataclasses import replace

import pytest
from asking import session_of
from everybody import PLANS, RANKING, heads_in, rows_in, work_out, write_facts
from organisations import AS_OF, TINY

from recommender.errors import ForbiddenError, InputError, NotFoundError
from recommender.service.batch.running import work_out_everybody
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.service.workers import Workers
from recommender.settings import Settings
from recommender.store import schema, writing

PERSON = schema.person.c


def give_grade(service, grade, *person_ids):
    with writing(service.engine) as connection:
        connection.execute(
            schema.person.update()
            .where(PERSON.person_id.in_(person_ids))
            .values(grade=grade, version=PERSON.version + 1)
        )


def test_an_unknown_grade_is_refused_and_the_others_get_theirs(staff, tmp_path):
    work_out(staff, tmp_path / "before")
    give_grade(staff, "curator", "00003")
    facts = write_facts(staff, tmp_path / "facts")
    for number, source in enumerate((None, facts)):
        for request, head in ((RANKING, "people"), (PLANS, "plans")):
            results = tmp_path / f"{head}-{number}"
            for expected in (8, 0):
                # told each time, whether worked out or found
                report = work_out(staff, results, request, facts=source, lang="en")
                assert report.computed == expected
                ((person_id, reason),) = report.refused
                assert person_id == "00003"
                assert "curator" in reason
            heads = heads_in(results, head)
            assert heads["00003"]["refused"] == reason
            assert [name for name, row in heads.items() if row["refused"]] == ["00003"]
    levels = rows_in(tmp_path / "people-0", "levels").to_pylist()
    before = rows_in(tmp_path / "before", "levels").to_pylist()
    assert levels == [row for row in before if row["person_id"] != "00003"]
    # a whole part, and then everybody
    everybody = sorted(heads)
    give_grade(staff, "curator", *everybody)
    assert len(work_out(staff, tmp_path / "people-0").refused) == len(everybody)
    assert not rows_in(tmp_path / "people-0", "levels").num_rows
    give_grade(staff, "assistant", *everybody)
    assert not work_out(staff, tmp_path / "people-0").refused


def test_a_plan_that_one_person_cannot_have_is_that_persons_alone(staff, tmp_path):
    give_grade(staff, "assistant", *heads_of(staff, tmp_path))
    give_grade(staff, "librarian", "00003")
    on_path = replace(PLANS, path="first-desk-year")
    report = work_out(staff, tmp_path / "plans", on_path)
    ((person_id, reason),) = report.refused
    assert person_id == "00003"
    assert "副研究馆员" in reason
    row = heads_in(tmp_path / "plans", "plans")["00003"]
    assert row["refused"] == reason
    assert all(row[name] is None for name in ("plan", "total_hours", "review_on"))
    items = rows_in(tmp_path / "plans", "plan_items")
    assert "00003" not in items["person_id"].to_pylist()
    assert items.num_rows


def heads_of(service, tmp_path):
    work_out(service, tmp_path / "heads")
    return heads_in(tmp_path / "heads")


def test_what_nobody_can_be_given_is_refused_before_anything_is_worked_out(staff, tmp_path):
    for request, kind, code in (
        (replace(RANKING, target_grade="curator"), InputError, "target-grade.unknown"),
        (replace(PLANS, target_grade="curator"), InputError, "target-grade.unknown"),
        (replace(PLANS, must=("no-such",)), NotFoundError, "module.unknown"),
        (replace(PLANS, path="no-such"), NotFoundError, "path.unknown"),
    ):
        with pytest.raises(kind) as caught:
            work_out(staff, tmp_path / "results", request)
        assert caught.value.code == code
        assert not (tmp_path / "results").exists()


def test_results_are_of_those_whom_the_asker_may_see(staff, tmp_path):
    unit = min(head["org_unit"] for head in heads_of(staff, tmp_path).values()).split("/")[0]
    settings = Settings(
        database=staff.engine.url.render_as_string(hide_password=False), catalog=TINY, as_of=AS_OF
    )

    def ask(role, **of):
        session = session_of(staff, who=Principal("key:x", role, PERMISSIONS[role], **of))
        return work_out_everybody(
            session, RANKING, to=tmp_path / "results", as_of=AS_OF, workers=Workers(settings)
        )

    assert 0 < ask(Role.HR, org_unit=unit).people < 8
    units = {head["org_unit"].split("/")[0] for head in heads_in(tmp_path / "results").values()}
    assert units == {unit}
    with pytest.raises(ForbiddenError):
        ask(Role.ANALYST)
