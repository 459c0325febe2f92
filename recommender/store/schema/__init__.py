"""The tables. A change here needs a migration under ``migrations/versions``."""

from recommender.store.schema.mappings import import_mapping, import_upload
from recommender.store.schema.operation import (
    api_key,
    audit_entry,
    audit_head,
    calendar_link,
    change_counter,
    idempotent_answer,
    import_batch,
    import_change,
    job,
    secret,
)
from recommender.store.schema.parts import (
    make_ref,
    metadata,
)
from recommender.store.schema.people import (
    assessment,
    enrolment,
    evidence,
    exam_result,
    improvement_record,
    module,
    offering,
    org_unit,
    person,
    rating,
)
from recommender.store.schema.plans import (
    campaign,
    campaign_plan,
    objection,
    plan,
    plan_approval,
    plan_comment,
    plan_template,
    plan_version,
    shown,
)
from recommender.store.schema.sign_in import account, browser_session, sign_in_link

TABLE_OF_KIND = {
    "assessments": assessment,
    "ratings": rating,
    "exams": exam_result,
    "records": improvement_record,
    "enrolments": enrolment,
    "evidence": evidence,
    "modules": module,
    "offerings": offering,
}

__all__ = [
    "TABLE_OF_KIND",
    "account",
    "api_key",
    "assessment",
    "audit_entry",
    "audit_head",
    "browser_session",
    "calendar_link",
    "campaign",
    "campaign_plan",
    "change_counter",
    "enrolment",
    "evidence",
    "exam_result",
    "idempotent_answer",
    "import_batch",
    "import_change",
    "import_mapping",
    "import_upload",
    "improvement_record",
    "job",
    "make_ref",
    "metadata",
    "module",
    "objection",
    "offering",
    "org_unit",
    "person",
    "plan",
    "plan_approval",
    "plan_comment",
    "plan_template",
    "plan_version",
    "rating",
    "secret",
    "shown",
    "sign_in_link",
]
