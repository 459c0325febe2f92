"""Effect models on somebody's behalf: listed, looked at, put in force, rolled back.

The registry is files, the audit trail a database: no transaction holds both. So what is about to
happen is noted before it does, in a transaction of its own. A process that is killed in between
leaves an intent without an outcome, which the registry then tells; it never leaves a switch that
nobody asked for.
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
    model_id : str
        Its id.
    status : str
        In force, ready to be promoted, or not usable.
    card : ModelCard or None
        What is known of it; of a broken one as far as it can be read.
    problem : str or None
        Code of what is wrong with a broken one.
    verdict : Verdict or None
        Whether it may be put in force; None where it could not be judged.
    """

    model_id: str
    status: ModelStatus
    card: ModelCard | None
    problem: str | None
    verdict: Verdict | None


def list_models(session: Session, *, before: str | None = None) -> list[ModelHead]:
    """List the models, those with the last ids first, from before one on."""
    session.need(Permission.READ_MODELS)
    models = session.service.models
    active = models.active()
    found = models.list()
    heads = [_describe(session, card, active) for card in found.cards]
    heads += [
        ModelHead(item.model_id, "broken", item.card, item.problem.code, None)
        for item in found.broken
    ]
    heads.sort(key=lambda head: head.model_id, reverse=True)
    return [head for head in heads if before is None or head.model_id < before]


def read_model(session: Session, model_id: str) -> ModelHead:
    """Return a model.

    Raises
    ------
    NotFoundError
        If there is none of that id.
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
    session: Session, *, model_id: str | None = None, overrides: bool = False
) -> Iterator[None]:
    """Note in the audit trail that a switch is about to happen; if it fails, note that.

    Parameters
    ----------
    session : Session
        On whose behalf.
    model_id : str, optional
        What is to be put in force; None for what was before.
    overrides : bool
        Whether a reason was given to do so against the verdict.

    Raises
    ------
    NotFoundError
        If there is no model of that id; that is not worth noting.
    """
    session.need(Permission.WRITE_MODELS)
    if model_id is not None:
        _find(session, model_id)
    session.details |= {"stage": "asked", "overrides": overrides}
    session.note()
    # what an entry says of a request that was answered before: nothing was done again
    session.details["stage"] = "repeated"
    try:
        yield
    except RecommenderError as problem:
        # a switch that is done stays done, also where the answer to it could not be kept
        stage = "done" if session.details["stage"] == "done" else "failed"
        session.details |= {"stage": stage, "problem": problem.code}
        with suppress(StoreError):  # the first problem is the one to tell
            session.note()
        raise


def promote(
    session: Session, model_id: str, *, override_reason: str | None = None, by: str | None = None
) -> ModelHead:
    """Put a model in force, within `announcing`.

    Parameters
    ----------
    session : Session
        On whose behalf.
    model_id : str
        Which.
    override_reason : str, optional
        Why, against the verdict; the registry keeps it.
    by : str, optional
        Who, as the registry keeps it; the actor of the session when not given.

    Returns
    -------
    ModelHead
        As it is then.

    Raises
    ------
    ConflictError
        Against the verdict, with its words, unless overridden; if it is in force already, or
        another model came in force since it was judged.
    NotFoundError
        If there is none of that id.
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
    # the transaction is open first: a request that was answered before comes no further
    with session.writing(), explaining(model_id):
        models.promote(
            model_id,
            by=by or session.who.actor,
            override_reason=override_reason,
            request=session.request_key,
        )
        session.details["stage"] = "done"
    return _find(session, model_id)


def roll_back(session: Session, *, reason: str, by: str | None = None) -> str | None:
    """Put the model back in force that was there before, within `announcing`.

    Parameters
    ----------
    session : Session
        On whose behalf.
    reason : str
        Why; the registry keeps it.
    by : str, optional
        Who, as the registry keeps it; the actor of the session when not given.

    Returns
    -------
    str or None
        The model in force then; None for the experts' estimates.

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


@contextmanager
def explaining(model_id: str) -> Iterator[None]:
    """Tell problems of the registry without the paths of the server."""
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


def _find(session: Session, model_id: str) -> ModelHead:
    models = session.service.models
    with explaining(model_id):
        return _describe(session, models.card(model_id), models.active())


def _describe(session: Session, card: ModelCard, active: str | None) -> ModelHead:
    status: ModelStatus = "in-force" if card.model_id == active else "ready"
    return ModelHead(card.model_id, status, card, None, session.service.models.verdict(card))
