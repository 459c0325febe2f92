"""Makes some of the random requests ones that a client would send that looked first."""

from __future__ import annotations

import random
from typing import Any

from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from serving import Served

_AIMED = 0.5
_ENROLMENT = ["person_id", "module_id", "enrolled_on"]


class Aim:
    """A hook that is called with each request before it is sent.

    Parameters
    ----------
    served : Served
        The application.
    seed : int
        Of the choice which requests are changed.
    """

    def __init__(self, served: Served, seed: int) -> None:
        self.client = served.client("admin")
        self.choose = random.Random(seed)
        rows = served.sample.enrolments[_ENROLMENT].astype(str)
        self.enrolments: list[dict[str, str]] = rows.to_dict("records")

    def __call__(self, context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
        """Change a request, if it is one that is to be aimed."""
        if case.meta is None or not case.meta.generation.mode.is_positive:
            return
        if self.choose.random() > _AIMED:
            return
        values = case.path_parameters or {}
        if "enrolled_on" in values:
            values.update(self.choose.choice(self.enrolments))
        if isinstance(case.body, dict) and "confirm" in case.body:
            case.body["confirm"] = values["person_id"]
        if "If-Match" in (case.headers or {}):
            etag = self._etag_of(case)
            if etag is not None:
                case.headers["If-Match"] = etag

    def _etag_of(self, case: Case) -> str | None:
        """Return the ETag of what a request changes, or is posted below."""
        path = case.formatted_path
        if case.method == "POST":
            path = path.rpartition("/")[0]
        answer = self.client.get(path)
        return answer.headers.get("etag") if answer.is_success else None
