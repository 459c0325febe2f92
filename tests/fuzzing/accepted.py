"""Answers that a check takes for a fault and that are right, each with the reason."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import RejectedPositiveData

from api.problems import TYPE

# Problems of requests that are not as the description says. Where the description allows a
# request, none of these may come back. All others are rules of the domain, which JSON Schema
# has no words for (an offering does not end before it begins); they have tests of their own.
_AGAINST_THE_DESCRIPTION = {
    "request.invalid",
    "request.unknown-parameter",
    "request.unknown-field",
    "request.idempotency-key",
    "keys.needs-person",
    "keys.no-unit",
    "keys.permission",
    "plan.comment-missing",
    "plan.dates-missing",
    "plan.named-twice",
    "plan.nothing-to-change",
    "plan.offering-has-dates",
}


def is_fault(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Say whether a failed check is a fault of the application."""
    if isinstance(failure, RejectedPositiveData) and response.status_code == 422:
        code = json.loads(response.content)["type"].removeprefix(TYPE)
        return code in _AGAINST_THE_DESCRIPTION and _is_as_described(case)
    return True


def _is_as_described(case: Case) -> bool:
    """Say whether a body is one that the description allows; now and then a made one is not."""
    if not isinstance(case.body, dict):
        return True
    described = case.operation.schema.raw_schema
    operation = described["paths"][case.operation.path][case.method.lower()]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": described["components"]}
    return Draft202012Validator(whole).is_valid(case.body)
