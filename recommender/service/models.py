"""The models of an installation, as its users see them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recommender.errors import ModelError
from recommender.improvement.registry import (
    CardFacts,
    ModelCard,
    ModelList,
    TrainedModel,
    Verdict,
    active_model,
    explain_verdict,
    judge,
    list_models,
    load_model,
    promote_model,
    read_model_card,
    rollback_model,
    save_model,
)


@dataclass(frozen=True)
class Models:
    """The registry of an installation.

    Parameters
    ----------
    root : Path
        Folder of the models.
    key : bytes or None
        Signs and checks the cards, if the installation has one.
    """

    root: Path
    key: bytes | None = None

    def list(self) -> ModelList:
        """List the models."""
        return list_models(self.root, key=self.key)

    def active(self) -> str | None:
        """Return the id of the model in force, if there is one."""
        return active_model(self.root)

    def card(self, model_id: str) -> ModelCard:
        """Return what is known of a model."""
        return read_model_card(self.root, model_id, key=self.key)

    def load(self, model_id: str) -> tuple[TrainedModel, ModelCard]:
        """Load a model, once it is verified, and its card."""
        return load_model(self.root, model_id, key=self.key)

    def save(self, model: TrainedModel, facts: CardFacts, *, by: str) -> ModelCard:
        """Save a model that was trained; it is not in force yet."""
        return save_model(self.root, model, facts, by=by, key=self.key)

    def promote(
        self, model_id: str, *, by: str, override_reason: str | None = None, request: str = ""
    ) -> None:
        """Put a model in force, if its verdict allows it or a reason is given."""
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
            request=request,
            key=self.key,
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
        return explain_verdict(verdict, lang) if verdict else ()
