"""Which model is in force: promote, roll back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from recommender.errors import ConflictError, RecommenderError
from recommender.improvement.registry.files import locked, replace_file
from recommender.improvement.registry.log import LogEntry, find_request
from recommender.improvement.registry.models import load_model
from recommender.improvement.registry.state import (
    ACTIVE,
    ACTIVE_FILE,
    Active,
    complete_log,
    folder_of,
    read_active,
    require,
)
from recommender.improvement.registry.verdict import Verdict, summarise

REPEATED_WITHIN = dt.timedelta(days=1)  # as long as answers are kept at least


def active_model(root: Path) -> str | None:
    """Return the id of the model in force, None for no model.

    Raises
    ------
    ModelError
        `registry.active-broken` if `active.json` cannot be read.
    """
    active = read_active(root)
    return active.model_id if active else None


def promote_model(
    root: Path,
    model_id: str,
    *,
    verdict: Verdict,
    by: str,
    override_reason: str | None = None,
    request: str = "",
    key: bytes | None = None,
) -> None:
    """Put a model in force.

    Parameters
    ----------
    root : Path
        Folder of the models.
    model_id : str
        The model; it must load.
    verdict : Verdict
        What `judge` found of it, beside the model in force now.
    by : str
        Who promotes it.
    override_reason : str, optional
        Why it is promoted against the verdict; it is recorded.
    request : str
        Tells the request from others; a switch that came of the same one within a day is not
        made again.
    key : bytes, optional
        Refuse a card that was not signed with it.

    Raises
    ------
    ConflictError
        `registry.not-better` against the verdict, `registry.verdict-outdated` if another model
        came in force since, both unless overridden; `registry.already-in-force`;
        `registry.busy`.
    RecommenderError
        As `load_model`; `registry.active-broken`, `registry.blank`, `registry.io`.
    """
    require(by=by)
    if override_reason is not None:
        require(override_reason=override_reason)
    folder_of(root, model_id)
    with locked(root):
        complete_log(root)
        if _made_before(root, request):
            return
        load_model(root, model_id, key=key)
        active = read_active(root)
        previous = active.model_id if active else None
        if previous == model_id:
            raise ConflictError("registry.already-in-force", model=model_id)
        against = not verdict.promotable or verdict.in_force != previous
        if against and override_reason is None:
            if not verdict.promotable:
                failed = summarise(verdict.failed)
                raise ConflictError("registry.not-better", model=model_id, failed=failed)
            raise ConflictError(
                "registry.verdict-outdated",
                model=model_id,
                found=verdict.in_force or "–",
                expected=previous or "–",
            )
        now = dt.datetime.now(dt.UTC)
        reason = override_reason or "verdict"
        entry = LogEntry(
            time=now,
            action="override" if against else "promote",
            model_id=model_id,
            previous=previous,
            by=by,
            reason=reason,
            details={
                "failed": summarise(verdict.failed),
                "compared_with": verdict.in_force,
                **_named(request),
            },
        )
        earlier = active.earlier if active else ()
        if previous is not None:
            earlier = (*earlier, previous)
        _switch(root, Active(model_id, now, by, reason, earlier, entry))


def rollback_model(
    root: Path, *, by: str, reason: str, request: str = "", key: bytes | None = None
) -> str | None:
    """Go back to the model in force before; done again, to the one before that.

    Models that do not load any more are passed over, which the log records.

    Parameters
    ----------
    root : Path
        Folder of the models.
    by, reason : str
        Who goes back, and why.
    request : str
        Tells the request from others; a switch that came of the same one within a day is not
        made again.
    key : bytes, optional
        Pass over models that were not signed with it.

    Returns
    -------
    str or None
        The model now in force; None for no model.

    Raises
    ------
    ConflictError
        `registry.nothing-in-force`, `registry.busy`.
    RecommenderError
        `registry.active-broken`, `registry.blank`, `registry.io`.
    """
    require(by=by, reason=reason)
    if not root.is_dir():
        raise ConflictError("registry.nothing-in-force")
    with locked(root):
        complete_log(root)
        before = _made_before(root, request)
        if before is not None:
            return before.model_id
        active = read_active(root)
        if active is None or active.model_id is None:
            raise ConflictError("registry.nothing-in-force")
        earlier = list(active.earlier)
        skipped: dict[str, str] = {}
        model_id = None
        while earlier and model_id is None:
            candidate = earlier.pop()
            try:
                load_model(root, candidate, key=key)
                model_id = candidate
            except RecommenderError as problem:
                skipped[candidate] = problem.code
        now = dt.datetime.now(dt.UTC)
        details = ({"skipped": skipped} if skipped else {}) | _named(request)
        entry = LogEntry(now, "rollback", model_id, active.model_id, by, reason, details)
        _switch(root, Active(model_id, now, by, reason, tuple(earlier), entry))
    return model_id


def _made_before(root: Path, request: str) -> LogEntry | None:
    if not request:
        return None
    return find_request(root, request, since=dt.datetime.now(dt.UTC) - REPEATED_WITHIN)


def _named(request: str) -> dict[str, str]:
    return {"request": request} if request else {}


def _switch(root: Path, active: Active) -> None:
    replace_file(root / ACTIVE_FILE, ACTIVE.dump_json(active, indent=2) + b"\n")
    complete_log(root)
