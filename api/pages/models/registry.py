"""The effect models: listed, looked at, put in force, rolled back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form, Path, Response
from markupsafe import Markup

from api.admission import Call
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.responses import send
from recommender.documents.evaluation.calibration import draw_calibration
from recommender.errors import ConflictError, InputError, ModelError, RecommenderError
from recommender.service.learning.promotion import promote_as_seen, roll_back_as_seen
from recommender.service.learning.report import make_model_report
from recommender.service.permissions import Permission
from recommender.service.views.models import Judgement, view_model, view_registry
from recommender.texts import explain

PAGES = Pages()

ModelId = Annotated[str, Path(max_length=100)]
Reason = Annotated[str, Form(max_length=2000)]
Seen = Annotated[str, Form(max_length=100)]
_MENDABLE = (ConflictError, InputError, ModelError)


@PAGES.page("GET", "/models", Permission.READ_MODELS)
def show_models(call: Visited) -> Response:
    """Show the models, which one is in force, and who switched and why."""
    return _list(call)


@PAGES.page("POST", "/models/rollback", Permission.WRITE_MODELS)
def roll_back_model_page(call: Visited, reason: Reason = "", seen: Seen = "") -> Response:
    """Put the model back in force that was there before."""
    try:
        model_id = roll_back_as_seen(call.session, reason=_as_typed(reason), seen=seen or None)
    except _MENDABLE as error:
        return _list(call, reason=reason, error=error)
    said = "models.rolled_back" if model_id else "models.rolled_back_to_none"
    return see_other(call, "/models", said=said)


@PAGES.page("GET", "/models/{model_id}", Permission.READ_MODELS)
def show_model(call: Visited, model_id: ModelId) -> Response:
    """Show how good a model is beside its rivals, and what may be done with it."""
    return _show(call, model_id)


@PAGES.page("GET", "/models/{model_id}/report.html", Permission.READ_MODELS)
def download_model_report(call: Visited, model_id: ModelId) -> Response:
    """Get the whole report on a model as one file."""
    page = make_model_report(call.session, model_id)
    return send(
        call, page.encode(), media_type="text/html", filename=f"{model_id}.{call.lang}.html"
    )


@PAGES.page("POST", "/models/{model_id}/promotion", Permission.WRITE_MODELS)
def promote_model_page(
    call: Visited,
    model_id: ModelId,
    reason: Reason = "",
    seen: Seen = "",
    order_only: Annotated[Literal["", "true"], Form()] = "",
) -> Response:
    """Put a model in force, for a reason that is recorded."""
    try:
        promote_as_seen(
            call.session,
            model_id,
            reason=_as_typed(reason),
            order_only=bool(order_only),
            seen=seen or None,
        )
    except _MENDABLE as error:
        return _show(call, model_id, reason=reason, error=error)
    return see_other(call, "/models", said="models.promoted")


def _list(call: Call, *, reason: str = "", error: RecommenderError | None = None) -> Response:
    return render(
        call,
        "models/list.html.j2",
        status=422 if error else 200,
        registry=view_registry(call.session),
        reason=reason,
        problem=None if error is None else explain(error, call.lang),
        blank=error is not None and error.code == "model.no-reason",
    )


def _show(
    call: Call, model_id: str, *, reason: str = "", error: RecommenderError | None = None
) -> Response:
    sheet = view_model(call.session, model_id)
    return render(
        call,
        "models/model.html.j2",
        status=422 if error else 200,
        sheet=sheet,
        picture=_draw(call, sheet.judgement) if sheet.judgement else "",
        reason=reason,
        problem=None if error is None else explain(error, call.lang),
        blank=error is not None and error.code == "model.no-reason",
    )


def _draw(call: Call, judgement: Judgement) -> Markup:
    finding = "".join(judgement.lead[1:2])
    return Markup(draw_calibration(judgement.bins, finding=finding, lang=call.lang))


def _as_typed(text: str) -> str:
    """Return a text without the carriage returns that browsers put before every new line."""
    return text.replace("\r\n", "\n").strip()
