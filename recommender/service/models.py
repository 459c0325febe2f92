"""The models of an installation, as its users see them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recommender.errors import ModelError
from recommender.improvement.registry import (
    CardFacts,
    ModelCard,
    ModelList,
    Switch,
    TrainedModel,
    Verdict,
    active_model,
    explain_verdict,
    judge,
    list_models,
    load_estimator,
    load_model,
    promote_model,
    read_earlier,
    read_model_card,
    read_or_make_key,
    read_switches,
    rollback_model,
    save_model,
)
from recommender.texts import say

PSEUDONYM_KEY_FILE, MADE_UP_KEY_FILE = "pseudonym.key", "model.key"


@dataclass(frozen=True)
class Models:
    """The registry of an installation, and the keys that belong to it.

    Parameters
    ----------
    root : Path
        Folder of the models.
    key : bytes or None
        Signs and checks the cards; without one models are read, but none is trained or put in
        force.
    pseudonym_setting : str or None
        64 hexadecimal digits that pseudonyms are made with; without them those in the file
        ``pseudonym.key`` in `root`.
    made_up : bool
        Whether this is a demo, or to try things out: the key then lies among its models.
    """

    root: Path
    key: bytes | None = None
    pseudonym_setting: str | None = None
    made_up: bool = False

    def list(self) -> ModelList:
        """List the models."""
        return list_models(self.root, key=self.key)

    def active(self) -> str | None:
        """Return the id of the model in force, if there is one."""
        return active_model(self.root)

    def switches(self) -> tuple[Switch, ...]:
        """Return every change of the model in force, the oldest first."""
        return read_switches(self.root)

    def earlier(self) -> tuple[str, ...]:
        """Return the models that a rollback goes back to, the first it tries last."""
        return read_earlier(self.root)

    def card(self, model_id: str) -> ModelCard:
        """Return what is known of a model."""
        return read_model_card(self.root, model_id, key=self.key)

    def load(self, model_id: str) -> tuple[TrainedModel, ModelCard]:
        """Load a model from its arrays, once they are verified, and its card."""
        return load_model(self.root, model_id, key=self.key)

    def load_estimator(self, model_id: str) -> TrainedModel:
        """Unpickle a model, once its signature is verified; never in a server."""
        return load_estimator(self.root, model_id, key=self.need_key())

    def pseudonym_key(self) -> bytes:
        """Return what pseudonyms are made with; it is kept apart from the data that they hide.

        Raises
        ------
        ConflictError, ModelError
            If its file cannot be read, or made.
        """
        chosen = self.pseudonym_setting or read_or_make_key(self.root / PSEUDONYM_KEY_FILE)
        return bytes.fromhex(chosen)

    def keep_pseudonym_key(self, key: bytes) -> None:
        """Put a key into the file that pseudonyms are made with, unless there is one."""
        read_or_make_key(self.root / PSEUDONYM_KEY_FILE, first=key)

    def need_key(self) -> bytes:
        """Return the signing key.

        Raises
        ------
        ModelError
            `model.no-signing-key` if the installation has none.
        """
        if self.made_up:
            return read_or_make_key(self.root / MADE_UP_KEY_FILE).encode()
        if self.key is None:
            raise ModelError("model.no-signing-key")
        return self.key

    def save(self, model: TrainedModel, facts: CardFacts, *, by: str) -> ModelCard:
        """Save a model that was trained; it is not in force yet."""
        return save_model(self.root, model, facts, by=by, key=self.need_key())

    def promote(
        self,
        model_id: str,
        *,
        by: str,
        override_reason: str | None = None,
        order_only: bool = False,
        request: str = "",
    ) -> None:
        """Put a model in force, if its verdict allows it or a reason is given.

        One that knows only the order of modules has to be meant for `order_only`.
        """
        key = self.need_key()
        verdict = self.verdict(self.card(model_id))
        # without metrics there is nothing to judge: only somebody's reason puts the model in force
        if verdict is None and override_reason is None:
            raise ModelError("registry.no-metrics")
        promote_model(
            self.root,
            model_id,
            verdict=verdict or Verdict((), self.active()),
            by=by,
            override_reason=override_reason,
            order_only=order_only,
            request=request,
            key=key,
        )

    def rollback(self, *, by: str, reason: str, request: str = "") -> str | None:
        """Put the model back in force that was there before; return its id."""
        return rollback_model(self.root, by=by, reason=reason, request=request, key=self.key)

    def verdict(self, card: ModelCard) -> Verdict | None:
        """Say whether a model may be put in force; None where it could not be judged."""
        return judge(card.metrics) if card.metrics else None

    def explain(self, card: ModelCard, lang: str) -> tuple[str, ...]:
        """Say in words why a model may be put in force or not."""
        verdict = self.verdict(card)
        words = explain_verdict(verdict, lang) if verdict else ()
        return words if card.size_known else (say("registry.verdict.order-only", lang), *words)
