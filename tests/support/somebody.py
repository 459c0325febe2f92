"""One person of the tiny framework, named in every place of the database that can name a person."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import numpy as np
import sqlalchemy as sa
from asking import session_of
from organisations import AS_OF

from recommender.service.access.keys import KeyRequest, create_key
from recommender.service.access.signing_in.accounts import (
    ENTER,
    AccountRequest,
    create_account,
    make_link,
)
from recommender.service.access.signing_in.browsers import begin_session, principal_of_account
from recommender.service.groups.kept_figures import basis_of
from recommender.service.installation import Service
from recommender.service.permissions import Role
from recommender.settings import Settings
from recommender.store import AuditEntry, append_entries, schema, writing

SOMEBODY, NAME = "P7731", "欧阳修远"
COLLEAGUE = "00001"
NOW = dt.datetime(2026, 10, 30, 8, 0, tzinfo=dt.UTC)
DIGEST = "0" * 64
_DAY = dt.date(2025, 11, 3)


def store_somebody(service: Service) -> str:
    """Store the person and whatever can name the person; return the id of the person's key."""
    person = schema.person
    with writing(service.engine) as connection:
        unit = connection.scalar(
            sa.select(person.c.org_unit_id).where(person.c.person_id == COLLEAGUE)
        )
        connection.execute(
            person.insert().values(
                person_id=SOMEBODY, name=NAME, org_unit_id=unit, grade="librarian"
            )
        )
        connection.execute(
            person.update().where(person.c.person_id == COLLEAGUE).values(manager_id=SOMEBODY)
        )
    session = session_of(service)
    request = KeyRequest(f"{NAME}的脚本", Role.MANAGER, person_id=SOMEBODY)
    key_id = create_key(session, request).key.key_id
    actor = f"key:{key_id}"
    account = create_account(session, AccountRequest(NAME, NAME, Role.MANAGER, person_id=SOMEBODY))
    make_link(session, account.account_id, ENTER)
    with writing(service.engine) as connection:
        begin_session(connection, Settings(), principal_of_account(account), name=NAME)
        ref = connection.scalar(sa.select(person.c.ref).where(person.c.person_id == SOMEBODY))
        for table, rows in {
            **_facts(service),
            **_plans(actor),
            **_cohorts(ref),
            **_traces(actor, ref),
        }.items():
            connection.execute(schema.metadata.tables[table].insert(), rows)
        entry = AuditEntry(
            at=NOW,
            actor="cli",
            role="admin",
            action="read_gaps",
            resource="",
            subjects=(),
            request_id="",
            details={},
        )
        append_entries(connection, [replace(entry, subjects=[ref]), replace(entry, actor=actor)])
    return key_id


def _facts(service: Service) -> dict[str, list[dict[str, Any]]]:
    module = service.framework.catalog.modules[0]
    competency = module.competencies[0].id
    indicator = next(iter(service.framework.indicator_levels))
    rated = {"competency_id": "reference-desk", "indicator_id": indicator, "rated_on": AS_OF}
    assessed = {"competency_id": competency, "method": "评价中心"}
    later = _DAY + dt.timedelta(days=200)
    return {
        "assessment": [
            assessed | {"person_id": SOMEBODY, "level": 1.0, "assessed_on": _DAY},
            assessed | {"person_id": SOMEBODY, "level": 1.75, "assessed_on": later},
            assessed
            | {
                "person_id": COLLEAGUE,
                "level": 2.0,
                "assessed_on": later,
                "method": f"{NAME}面谈",
            },
        ],
        "rating": [
            rated | {"person_id": person, "rater_type": kind, "rater_id": rater, "rating": rating}
            for person, kind, rater, rating in (
                (SOMEBODY, "peer", COLLEAGUE, 2),
                (SOMEBODY, "self", SOMEBODY, 3),
                (COLLEAGUE, "manager", SOMEBODY, 1),
            )
        ],
        "exam_result": [
            {
                "person_id": SOMEBODY,
                "competency_id": "cataloguing",
                "exam_level": 1,
                "subject": "rules",
                "score": 87.5,
                "sat_on": _DAY,
            }
        ],
        "person_levels": [
            {
                "person_id": SOMEBODY,
                "holds_from": AS_OF,
                "holds_until": AS_OF,
                "version": 1,
                "basis": basis_of(service.framework),
                "figures": np.full((3, len(service.framework.competency_ids)), 1.5).tobytes(),
            }
        ],
        "enrolment": [
            {
                "person_id": SOMEBODY,
                "module_id": module.id,
                "status": "completed",
                "enrolled_on": _DAY,
                "completed_on": _DAY + dt.timedelta(days=30),
            }
        ],
        "evidence": [
            {
                "person_id": person,
                "competency_id": competency,
                "achieved_on": _DAY,
                "result": f"与{NAME}一同拜访",
                "figure": 12,
                "unit": "家",
            }
            for person in (SOMEBODY, COLLEAGUE)
        ],
        "business_figure": [
            {
                "person_id": person,
                "month": _DAY.replace(day=1),
                "figure_id": "loans",
                "value": 310,
            }
            for person in (SOMEBODY, COLLEAGUE)
        ],
        "improvement_record": [
            {
                "person_id": SOMEBODY,
                "competency_id": competency,
                "module_id": module_id,
                "level_before": 0.5,
                "level_after": 1.0,
                # an interval each: one with a module that nobody knows is left out whole
                "before_on": _DAY - dt.timedelta(days=300 + earlier),
                "after_on": _DAY - dt.timedelta(days=earlier),
                "completed_on": None,
                "org_unit": "阅览部",
            }
            for module_id, earlier in ((module.id, 0), ("a-module-long-gone", 300))
        ],
        "shown": [
            {
                "person_id": SOMEBODY,
                "module_id": module.id,
                "rank": 1,
                "objective": "gap",
                "expected_gap_closed": 0.25,
                "as_of": _DAY,
                "catalog_digest": DIGEST,
                "shown_at": NOW,
            }
        ],
    }


def _plans(actor: str) -> dict[str, list[dict[str, Any]]]:
    said = f"已与{NAME}谈过，工号{SOMEBODY}"
    return {
        "plan": [
            {
                "plan_id": plan_id,
                "person_id": person,
                "as_of": _DAY,
                "status": "draft",
                "catalog_digest": DIGEST,
                "created_at": NOW,
            }
            for plan_id, person in (("plan-own", SOMEBODY), ("plan-other", COLLEAGUE))
        ],
        "plan_version": [
            {
                "plan_id": plan_id,
                "version": 1,
                "change": "edited",
                "body": body,
                "actor": actor,
                "made_at": NOW,
            }
            for plan_id, body in (
                ("plan-own", {"plan": {"person_id": SOMEBODY}}),
                (
                    "plan-other",
                    {
                        "plan": {
                            "person_id": COLLEAGUE,
                            "activities": [
                                {
                                    "activity_id": "a1",
                                    "title": "跟岗学习",
                                    "goal": "跟访两次",
                                    "companion": said,
                                    "measure": "写两份纪要",
                                }
                            ],
                        },
                        "note": said,
                    },
                ),
            )
        ],
        "plan_approval": [
            {
                "plan_id": plan_id,
                "version": 1,
                "party": "manager",
                "decision": "approved",
                "comment": said,
                "actor": actor,
                "decided_at": NOW,
            }
            for plan_id in ("plan-own", "plan-other")
        ],
        "plan_comment": [
            {"plan_id": plan_id, "party": "hr", "text": said, "actor": by, "made_at": NOW}
            for plan_id, by in (("plan-own", "cli"), ("plan-other", actor), ("plan-other", "cli"))
        ],
        "campaign": [
            {
                "campaign_id": "campaign-1",
                "name": f"{NAME}的小组",
                "as_of": _DAY,
                "people": 2,
                "budget": {"hours": None, "cost": None, "total_cost": None},
                "job_id": "job-long-gone",
                "planned": 2,
                "refused": 0,
                "actor": "cli",
                "created_at": NOW,
            }
        ],
        "campaign_plan": [
            {"plan_id": plan_id, "campaign_id": "campaign-1", "published_at": at}
            for plan_id, at in (("plan-own", NOW), ("plan-other", None))
        ],
        "objection": [
            {
                "person_id": person,
                "plan_id": plan_id,
                "party": "hr",
                "reason": said,
                "actor": "cli",
                "made_at": NOW,
                "answer": said,
                "answered_by": by,
                "answered_at": NOW,
            }
            for person, plan_id, by in (
                (SOMEBODY, "plan-own", "cli"),
                (COLLEAGUE, "plan-other", actor),
            )
        ],
    }


def _cohorts(ref: str) -> dict[str, list[dict[str, Any]]]:
    return {
        "cohort": [
            {
                "cohort_id": "cohort-1",
                "name": f"{NAME}的名额",
                "as_of": _DAY,
                "starts_from": _DAY,
                "starts_until": _DAY,
                "limits": {},
                "seed": 1,
                "status": "draft",
                "catalog_digest": DIGEST,
                "actor": "cli",
                "created_at": NOW,
            }
        ],
        "cohort_person": [
            {"cohort_id": "cohort-1", "person_id": who, "applied": None}
            for who in (SOMEBODY, COLLEAGUE)
        ],
        "cohort_seat": [
            {
                "cohort_id": "cohort-1",
                "person_id": who,
                "offering_id": "o1",
                "status": "waiting",
                "place": place,
                "value": 0.4,
                "chance": 0.5,
            }
            for place, who in enumerate((SOMEBODY, COLLEAGUE), start=1)
        ],
        "cohort_log": [
            {"cohort_id": "cohort-1", "kind": "lottery", "body": body, "made_at": NOW}
            for body in (
                {"people": [{"person": "0" * 32, "won": True}, {"person": ref, "won": False}]},
                {"people": [{"person": "0" * 32, "became": "seated"}]},
            )
        ],
    }


def _traces(actor: str, ref: str) -> dict[str, list[dict[str, Any]]]:
    job = {
        "kind": "import",
        "status": "done",
        "request": {"file_name": f"{NAME}.xlsx"},
        "result": {
            "plans": [{"person_id": SOMEBODY, "hours": 8}, {"person_id": COLLEAGUE, "hours": 9}],
            "failed": [{"row": 3, "found": NAME}],
            "people": [SOMEBODY, COLLEAGUE],
            "by_person": {SOMEBODY: 1, COLLEAGUE: 2},
            "message": f"{NAME}不在范围内",
        },
        "problem": {"code": "person.unknown", "values": {"person_id": SOMEBODY}},
        "report": f"marked: {NAME}".encode(),
        "file": f"plans of {NAME}".encode(),
        "actor": "key:another",
        "principal": {"role": "manager", "person_id": SOMEBODY},
        "created_at": NOW,
        "finished_at": NOW,
    }
    answer = {"request_sha256": DIGEST, "status": 201, "answered_at": NOW}
    return {
        "import_batch": [
            {
                "id": number,
                "kind": kind,
                "file_name": f"{NAME}的评分.xlsx",
                "sha256": DIGEST,
                "inserted": 1,
                "updated": 0,
                "unchanged": 0,
                "imported_at": NOW,
            }
            for number, kind in ((901, "ratings"), (902, "people"), (903, "assessments"))
        ],
        "import_change": [
            {"batch_id": number, "part": part, "person_id": person, "rows": [row]}
            for number, part, person, row in (
                (901, 0, SOMEBODY, [["x", "x.1.1", "peer", COLLEAGUE, "2026-11-01"], [1], [2]]),
                (901, 1, COLLEAGUE, [["x", "x.1.1", "manager", SOMEBODY, "2026-11-01"], [1], [2]]),
                (
                    902,
                    0,
                    SOMEBODY,
                    [[], None, [NAME, "阅览部", "librarian", None, None, None, False]],
                ),
                (
                    *(902, 1, COLLEAGUE),
                    [
                        [],
                        *(
                            [name, "阅览部", "librarian", SOMEBODY, None, None, False]
                            for name in "甲乙"
                        ),
                    ],
                ),
                (903, 0, COLLEAGUE, [["x", "2026-11-01"], None, [1.5, None, f"{NAME}面谈"]]),
            )
        ],
        "job": [job | {"job_id": "job-1"}, _quiet(job) | {"job_id": "job-2", "actor": actor}],
        "calendar_link": [
            {
                "person_id": SOMEBODY,
                "token_sha256": DIGEST,
                "created_by": actor,
                "created_at": NOW,
            }
        ],
        "idempotent_answer": [
            answer | {"actor": by, "key": key, "headers": headers, "body": body, "subjects": []}
            for by, key, headers, body in (
                (actor, "1", {}, b"{}"),
                ("key:another", "2", {"Location": f"/v1/people/{SOMEBODY}"}, b"{}"),
                ("key:another", "3", {}, json.dumps({"said": [NAME]}).encode()),
                ("key:another", "4", {}, b"%PDF-1.7 \xff"),
                ("key:another", f"gaps-of-{SOMEBODY}", {}, b"{}"),
                ("key:another", "others", {}, json.dumps({"person_id": COLLEAGUE}).encode()),
            )
        ]
        + [
            answer
            | {"actor": "cli", "key": "about", "headers": {}, "body": b"{}", "subjects": [ref]}
        ],
    }


def _quiet(job: dict[str, Any]) -> dict[str, Any]:
    nothing = dict.fromkeys(("result", "problem", "report", "file"))
    return {**job, **nothing, "request": {}, "principal": {}}
