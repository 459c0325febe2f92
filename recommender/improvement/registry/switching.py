"""Which model is in force: promote, roll back.

All of this is one small file, `active.json`: the model in force, those to go back to, and every
switch so far. One rename replaces it, so that a switch and its entry are both there or neither is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from recommender.errors import ConflictError, ModelError, RecommenderError
from recommender.improvement.registry.folder import locked, read_file, replace_file
from recommender.improvement.registry.models import folder_of, load_model, require
from recommender.improvement.registry.verdict import Verdict, summarise

ACTIVE_FILE = "active.json"
REPEATED_WITHIN = dt.timedelta(days=1)  # as long as answers are kept at least


@dataclass(frozen=True)
class Switch:
    """One change of the model in force.

    Parameters
    ----------
    time : datetime
        When, in UTC.
    action : {"promote", "override", "rollback"}
        What was done; `override` is a promotion against the verdict.
    model_id : str or None
        The model in force since; None for a rollback to no model.
    previous : str or None
        The model in force before.
    by, reason : str
        Who, and why.
    request : str
        The request that made it, if there was one.
    details : dict
        ``failed`` comparisons of an override, ``skipped`` models of a rollback, ``order_only``
        where a model came into force for the order of modules alone.
    """

    time: dt.datetime
    action: Literal["promote", "override", "rollback"]
    model_id: str | None
    previous: str | None
    by: str
    reason: str
    request: str = ""
    details: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class _Active:
    """The content of `active.json`; older files have no `switches`."""

    model_id: str | None
    since: dt.datetime
    by: str
    reason: str
    earlier: tuple[str, ...]  # what rollback goes back to, the latest last
    switches: tuple[Switch, ...] = ()


_ACTIVE = TypeAdapter(_Active)
# No file is the same as no model in force.
_NEVER = _Active(None, dt.datetime.min.replace(tzinfo=dt.UTC), "", "", ())


def active_model(root: Path) -> str | None:
    """Return the id of the model in force, None for no model.

    Raises
    ------
    ModelError
        `registry.active-broken` if `active.json` cannot be read.
    """
    return _read_active(root).model_id


def read_switches(root: Path) -> tuple[Switch, ...]:
    """Return every switch, the oldest first.

    Raises
    ------
    ModelError
        `registry.active-broken` if `active.json` cannot be read.
    """
    return _read_active(root).switches


def read_earlier(root: Path) -> tuple[str, ...]:
    """Return the ids of the models that a rollback goes back to, the first it tries last.

    Raises
    ------
    ModelError
        `registry.active-broken` if `active.json` cannot be read.
    """
    return _read_active(root).earlier


def promote_model(
    root: Path,
    model_id: str,
    *,
    verdict: Verdict,
    by: str,
    override_reason: str | None = None,
    order_only: bool = False,
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
        What `judge` found, compared with the model in force now.
    by : str
        Who promotes it.
    override_reason : str, optional
        Why it is promoted against the verdict; it is recorded.
    order_only : bool
        Whether it is meant for the order of modules alone, as a model without control rows has to
        be; it is recorded.
    request : str
        Tells the request from others; a switch that the same one made within a day is not made
        again.
    key : bytes, optional
        Refuse a card that was not signed with it.

    Raises
    ------
    ConflictError
        `registry.size-unknown` unless it is meant for the order alone, and `registry.size-known`
        if it is meant so without need; `registry.not-better` against the verdict,
        `registry.verdict-outdated` if another model came into force since, both unless
        overridden; `registry.already-in-force`; `registry.busy`.
    RecommenderError
        As `load_model`; `registry.active-broken`, `registry.blank`, `registry.io`.
    """
    require(by=by)
    if override_reason is not None:
        require(override_reason=override_reason)
    folder_of(root, model_id)
    with locked(root):
        if _made_before(root, request):
            return
        # Before anything is written: a model that does not load must not come into force.
        _, card = load_model(root, model_id, key=key)
        active = _read_active(root)
        previous = active.model_id
        if previous == model_id:
            raise ConflictError("registry.already-in-force", model=model_id)
        # No reason overrides this: the answers of such a model have to be read in another way.
        if order_only and card.size_known:
            raise ConflictError("registry.size-known", model=model_id)
        if not order_only and not card.size_known:
            raise ConflictError("registry.size-unknown", model=model_id)
        # Compared under the lock: another promotion may have come in between the verdict and this.
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
        switch = Switch(
            time=dt.datetime.now(dt.UTC),
            action="override" if against else "promote",
            model_id=model_id,
            previous=previous,
            by=by,
            reason=override_reason or "verdict",
            request=request,
            details={"failed": summarise(verdict.failed), "compared_with": verdict.in_force}
            | ({"order_only": True} if order_only else {}),
        )
        # Nothing to remember before the first model: a rollback past it ends at no model.
        earlier = active.earlier if previous is None else (*active.earlier, previous)
        _make(root, switch, active=active, earlier=earlier)


def rollback_model(
    root: Path, *, by: str, reason: str, request: str = "", key: bytes | None = None
) -> str | None:
    """Go back to the model that was in force before; a second time, to the one before that.

    Models that do not load any more are passed over, which the switch records.

    Parameters
    ----------
    root : Path
        Folder of the models.
    by, reason : str
        Who goes back, and why.
    request : str
        Tells the request from others; a switch that the same one made within a day is not made
        again.
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
    # The lock would create the folder, as if the installation had once had models.
    if not root.is_dir():
        raise ConflictError("registry.nothing-in-force")
    with locked(root):
        made = _made_before(root, request)
        if made is not None:
            return made.model_id
        active = _read_active(root)
        if active.model_id is None:
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
        switch = Switch(
            time=dt.datetime.now(dt.UTC),
            action="rollback",
            model_id=model_id,
            previous=active.model_id,
            by=by,
            reason=reason,
            request=request,
            details={"skipped": skipped} if skipped else {},
        )
        _make(root, switch, active=active, earlier=tuple(earlier))
    return model_id


@lru_cache(maxsize=4)
def _parse(content: bytes) -> _Active:
    # A server asks with every request which model is in force, and the list of switches only grows.
    return _ACTIVE.validate_json(content)


def _read_active(root: Path) -> _Active:
    path = root / ACTIVE_FILE
    content = read_file(path)
    if content is None:
        return _NEVER
    try:
        return _parse(content)
    except ValidationError as error:
        raise ModelError("registry.active-broken", path=str(path)) from error


def _made_before(root: Path, request: str) -> Switch | None:
    """Return the switch that this request already made within `REPEATED_WITHIN`, if any."""
    since = dt.datetime.now(dt.UTC) - REPEATED_WITHIN
    for switch in reversed(read_switches(root)):
        if request and switch.request == request and switch.time >= since:
            return switch
    return None


def _make(root: Path, switch: Switch, *, active: _Active, earlier: tuple[str, ...]) -> None:
    content = _Active(
        model_id=switch.model_id,
        since=switch.time,
        by=switch.by,
        reason=switch.reason,
        earlier=earlier,
        switches=(*active.switches, switch),
    )
    replace_file(root / ACTIVE_FILE, _ACTIVE.dump_json(content, indent=2) + b"\n")
