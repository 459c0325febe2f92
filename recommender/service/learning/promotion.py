"""Effect models on somebody's behalf: listed, looked at, put in force, rolled back.

The registry is files and the audit trail a database, so no transaction holds both. The intent is
therefore noted first, in a transaction of its own. A process that is killed in between leaves an
intent without an outcome, and the registry tells the outcome; it never leaves a switch that nobody
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from recommender.errors import (
    ConflictError,
    InputError,
    ModelError,
    NotFoundError,
    RecommenderError,
    StoreError,
)
from recommender.improvement.registry import ModelCard, Verdict
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.texts import LANGUAGES, say

ModelStatus = Literal["in-force", "ready", "broken"]


@dataclass(frozen=True)
class ModelHead:
    """A model of the registry.

    Parameters
    ----------
    card : ModelCard or None
        What is known of it; None if it is broken and its card cannot be read.
    problem : str or None
        Code of what is wrong with a broken one.
    verdict : Verdict or None
        Whether it may be put in force; None if it could not be judged.
    """

    model_id: str
    status: ModelStatus
    card: ModelCard | None
    problem: str | None
    verdict: Verdict | None


def list_models(session: Session, *, before: str | None = None) -> list[ModelHead]:
    """List the models by id, the newest first; with `before` only those after it in this order."""
    session.need(Permission.READ_MODELS)
    models = session.service.models
    active = models.active()
    listed = models.list()
    heads = [_describe(session, card, active) for card in listed.cards]
    heads += [
        ModelHead(item.model_id, "broken", item.card, item.problem.code, None)
        for item in listed.broken
    ]
    heads.sort(key=lambda head: head.model_id, reverse=True)
    return [head for head in heads if before is None or head.model_id < before]


def read_model(session: Session, model_id: str) -> ModelHead:
    """Return a model.

    Raises
    ------
    NotFoundError
        If there is no model of that id.
    ModelError
        If it cannot be used.
    """
    session.need(Permission.READ_MODELS)
    return _find(session, model_id)


def explain_model(session: Session, card: ModelCard) -> dict[str, tuple[str, ...]]:
    """Say in words why a model may be put in force or not, by language."""
    return {lang: session.service.models.explain(card, lang) for lang in LANGUAGES}


@contextmanager
def announcing(
    session: Session,
    *,
    model_id: str | None = None,
    overrides: bool = False,
    order_only: bool = False,
) -> Iterator[None]:
    """Note in the audit trail that a switch is about to happen, and also if it then fails.

    `model_id` is the model to be put in force, None for the previous one; `overrides` says that
    a reason was given to do so against the verdict, `order_only` that the model is meant for the
    order of modules alone.

    Raises
    ------
    NotFoundError
        If there is no model of that id. Nothing is noted then.
    """
    session.need(Permission.WRITE_MODELS)
    if model_id is not None:
        _find(session, model_id)
    session.details |= {"stage": "asked", "overrides": overrides}
    if order_only:
        session.details["order_only"] = True
    session.note()
    # stands in the entry of a request that turns out to be answered already: nothing is done again
    session.details["stage"] = "repeated"
    try:
        yield
    except RecommenderError as problem:
        # a switch that was made is not undone, even if its answer could not be stored
        stage = "done" if session.details["stage"] == "done" else "failed"
        session.details |= {"stage": stage, "problem": problem.code}
        with suppress(StoreError):  # the first problem is the one to tell
            session.note()
        raise


def promote(
    session: Session,
    model_id: str,
    *,
    override_reason: str | None = None,
    order_only: bool = False,
    by: str | None = None,
) -> ModelHead:
    """Put a model in force; to be called within `announcing`.

    A model that its verdict refuses needs an `override_reason`, and one without control rows has
    to be meant for `order_only`. The registry stores both, and `by`, which is the actor of the
    session unless given.

    Raises
    ------
    ConflictError
        If it knows only the order of modules and is not meant for that, or the other way round;
        the verdict refuses it and no reason is given; it is in force already, or another model
        was put in force since it was judged.
    NotFoundError
        If there is no model of that id.
    ModelError
        If it cannot be used; `model.no-signing-key` if the installation has no signing key.
    """
    session.need(Permission.WRITE_MODELS)
    models = session.service.models
    models.need_key()
    head = _find(session, model_id)
    if head.verdict and head.card and not head.verdict.promotable and override_reason is None:
        words = models.explain(head.card, session.lang)
        verdict = say("document.separator", session.lang).join(words)
        raise ConflictError("model.not-better", model_id=model_id, verdict=verdict)
    # opening the transaction claims the request's key, so a repeated request does not get further
    with session.writing(), explaining(model_id):
        models.promote(
            model_id,
            by=by or session.who.actor,
            override_reason=override_reason,
            order_only=order_only,
            request=session.request_key,
        )
        session.details["stage"] = "done"
    return _find(session, model_id)


def roll_back(session: Session, *, reason: str, by: str | None = None) -> str | None:
    """Put the previous model back in force and return its id; to be called within `announcing`.

    The result is None if there is none, so that the experts' estimates count again. The registry
    stores the reason, and `by`, which is the actor of the session unless given.

    Raises
    ------
    ConflictError
        If no model is in force.
    """
    session.need(Permission.WRITE_MODELS)
    with session.writing(), explaining("–"):
        model_id = session.service.models.rollback(
            by=by or session.who.actor, reason=reason, request=session.request_key
        )
        session.details |= {"stage": "done", "model_id": model_id}
    return model_id


def promote_as_seen(
    session: Session, model_id: str, *, reason: str, order_only: bool, seen: str | None
) -> ModelHead:
    """Put a model in force for a reason, unless another came into force since it was looked at.

    Parameters
    ----------
    session : Session
        Who asks.
    model_id : str
        The model.
    reason : str
        It is recorded; against the verdict it is what overrides that.
    order_only : bool
        As in `promote`.
    seen : str or None
        The model that was in force when the verdict was shown.

    Raises
    ------
    ConflictError
        `model.switched` if another is in force by now; else as in `promote`.
    InputError
        If the reason is blank.
    NotFoundError, ModelError
        As in `promote`.
    """
    verdict = read_model(session, model_id).verdict
    fits = verdict is not None and verdict.promotable and verdict.in_force == seen
    with announcing(session, model_id=model_id, overrides=not fits, order_only=order_only):
        _check_switch(session, reason, seen)
        return promote(session, model_id, override_reason=reason, order_only=order_only)


def roll_back_as_seen(session: Session, *, reason: str, seen: str | None) -> str | None:
    """Put the previous model back in force, unless another came into force meanwhile.

    Errors are those of `promote_as_seen` and `roll_back`.
    """
    with announcing(session):
        _check_switch(session, reason, seen)
        return roll_back(session, reason=reason)


@contextmanager
def explaining(model_id: str) -> Iterator[None]:
    """Turn errors of the registry into ones that do not name the paths of the server."""
    try:
        yield
    except (InputError, NotFoundError) as problem:
        if problem.code not in ("registry.bad-id", "registry.no-model"):
            raise
        raise NotFoundError("model.unknown", model_id=model_id) from None
    except RecommenderError as problem:
        if problem.code == "registry.io":
            raise StoreError("store.models") from problem
        if "path" not in problem.values:
            raise
        raise ModelError("model.unusable", model_id=model_id, problem=problem.code) from problem


def _check_switch(session: Session, reason: str, seen: str | None) -> None:
    if not reason.strip():
        raise InputError("model.no-reason", field="#/reason")
    if session.service.models.active() != seen:
        raise ConflictError("model.switched")


def _find(session: Session, model_id: str) -> ModelHead:
    models = session.service.models
    with explaining(model_id):
        return _describe(session, models.card(model_id), models.active())


def _describe(session: Session, card: ModelCard, active: str | None) -> ModelHead:
    status: ModelStatus = "in-force" if card.model_id == active else "ready"
    return ModelHead(card.model_id, status, card, None, session.service.models.verdict(card))
