"""Reasons in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recommender.documents import figures
from recommender.effectiveness.verdict import Reason
from recommender.service.recommend.wording import say_cautions
from recommender.texts import say


def _levels(number: float) -> str:
    return figures.decimal(number, digits=2)


def _points(number: float) -> str:
    return figures.decimal(number, digits=1)


_FORMATS: Mapping[str, Callable[[float], str]] = {
    "gain": _levels,
    "return": figures.percent,
    "score": _points,
}


def say_reason(reason: Reason, lang: str) -> str:
    """Say a reason in a sentence without its full stop; empty where there is nothing to say."""
    if reason.code == "history":
        return "".join(say_cautions((reason.values["code"],), lang))
    form = _FORMATS.get(reason.code.split("-")[0], figures.percent)
    said = {
        name: form(value) if isinstance(value, float) else value
        for name, value in reason.values.items()
    }
    return say(f"effectiveness.reason.{reason.code}", lang, **said)
