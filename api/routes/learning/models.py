"""Effect models: what they are, which one is in force."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response

from api.admission import Admitted, Call
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor, send
from api.schemas.common import Id, Strict
from api.schemas.learning.models import (
    ActiveModelOut,
    ModelHeadOut,
    ModelOut,
    ModelPage,
    PromotionIn,
    RollbackIn,
    ScoreOut,
    VerdictOut,
)
from recommender.service.learning import promotion
from recommender.service.learning.promotion import ModelHead, announcing, explain_model
from recommender.service.learning.report import make_model_report
from recommender.service.permissions import Permission
from training_catalog import Text

ROUTES = Operations("models")
HTML = "text/html"
# The page brings its own style and nothing else. `sandbox`: it may not act as this site.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

ModelId = Annotated[Id, Path(description="A model of the registry.")]


def _head(head: ModelHead) -> dict[str, Any]:
    card = head.card
    return {
        "model_id": head.model_id,
        "status": head.status,
        "problem": head.problem,
        "promotable": head.verdict.promotable if head.verdict else None,
        "created_at": card and card.created_at,
        "created_by": card and card.created_by,
        "catalog_digest": card and card.catalog_digest,
        "data_digest": card and card.data_digest,
        "first_day": card and card.first_day,
        "last_day": card and card.last_day,
        "counts": card and card.counts,
        "size_known": card and card.size_known,
    }


def _scores(metrics: dict[str, Any], part: str) -> list[ScoreOut]:
    scores: dict[str, dict[str, Any]] = metrics.get(part) or {}
    paired: dict[str, dict[str, Any]] = metrics.get("paired") or {}
    names = ("rmse", "r_squared", "slope", "n_records")
    return [
        ScoreOut(
            name=name,
            **{figure: score.get(figure) for figure in names},
            difference=paired.get(name, {}).get(part),
            difference_error=paired.get(name, {}).get(f"{part}_error"),
        )
        for name, score in scores.items()
    ]


def _whole(call: Call, head: ModelHead) -> ModelOut:
    card = head.card
    assert card  # a model whose card cannot be read appears in lists only
    return ModelOut(
        **_head(head),
        estimator=card.estimator,
        parameters=card.parameters,
        asked_since=card.asked_since,
        effect_coverage=card.effect_coverage,
        top_coverage=card.top_coverage,
        table_error=card.table_error,
        known=_scores(card.metrics, "known"),
        cold=_scores(card.metrics, "cold"),
        verdict=VerdictOut(
            promotable=head.verdict.promotable if head.verdict else None,
            compared_with=head.verdict.in_force if head.verdict else None,
            words=explain_model(call.session, card),
        ),
        limits=tuple(Text.model_validate(limit) for limit in card.limits),
        warnings=card.warnings,
        seed=card.seed,
        parent=card.parent,
        versions=card.versions,
        metrics=card.metrics,
    )


@ROUTES.operation("GET", "/models", Permission.READ_MODELS, answer=ModelPage, example={})
def list_models(
    call: Admitted, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List the models, and which one is in force."""
    (before,) = decode_cursor(cursor, ("",))
    models = promotion.list_models(call.session, before=before or None)
    heads, following = next_cursor(models, limit, lambda head: (head.model_id,))
    page = ModelPage(
        active=call.session.service.models.active(),
        items=[ModelHeadOut(**_head(head)) for head in heads],
        next=following,
    )
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/models/{model_id}",
    Permission.READ_MODELS,
    answer=ModelOut,
    absent=True,
    conflict=True,
    example={"model_id": "{model_id}"},
)
def read_model(call: Admitted, model_id: ModelId, fields: Fields = None) -> Response:
    """Read the card of a model: what it was fitted on, how good it is, and its limits."""
    head = promotion.read_model(call.session, model_id)
    return answer(call, _whole(call, head), fields=fields)


@ROUTES.operation(
    "GET",
    "/models/{model_id}/report",
    Permission.READ_MODELS,
    media={HTML: "One page with pictures, in Chinese or English by `Accept-Language`."},
    absent=True,
    conflict=True,
    example={"model_id": "{model_id}"},
)
def read_model_report(call: Admitted, model_id: ModelId) -> Response:
    """Read the report on a model beside its baselines."""
    page = make_model_report(call.session, model_id)
    response = send(call, page.encode(), media_type=HTML)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@ROUTES.operation(
    "POST",
    "/models/{model_id}/promotion",
    Permission.WRITE_MODELS,
    answer=ModelOut,
    absent=True,
    conflict=True,
    example={"model_id": "{model_id}"},
    body_example={"override_reason": "与人力资源部商定的试点"},
)
def promote_model(call: Admitted, model_id: ModelId, body: Strict[PromotionIn]) -> Response:
    """Put a model in force.

    It has to beat the baselines and the model in force, or a reason has to be given. One that was
    fitted without control rows is refused unless `order_only` is true: answers then take the order
    of modules from it, and every size from the experts. All workers answer by it from their next
    request on.
    """
    reason, order_only = body.override_reason, body.order_only
    # the entry of the audit trail comes first: a switch of files cannot be rolled back
    announced = announcing(
        call.session, model_id=model_id, overrides=reason is not None, order_only=order_only
    )
    with announced, call.once():
        head = promotion.promote(
            call.session, model_id, override_reason=reason, order_only=order_only
        )
        return answer(call, _whole(call, head))


@ROUTES.operation(
    "POST",
    "/model-rollbacks",
    Permission.WRITE_MODELS,
    answer=ActiveModelOut,
    conflict=True,
    example={},
    body_example={"reason": "排序异常，先退回上一个模型"},
)
def roll_back_model(call: Admitted, body: Strict[RollbackIn]) -> Response:
    """Put the model back in force that was there before; done again, the one before that."""
    with announcing(call.session), call.once():
        model_id = promotion.roll_back(call.session, reason=body.reason)
        return answer(call, ActiveModelOut(model_id=model_id))
