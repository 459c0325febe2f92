"""The report on an effect model as one self-contained web page, and as JSON."""

from __future__ import annotations

from typing import Any

from recommender.documents.evaluation.comparison import compare
from recommender.documents.evaluation.document import EvaluationReport
from recommender.documents.evaluation.view import (
    evaluation_view,
    verdict_sentences,
    warning_sentences,
)
from recommender.documents.markup import load_template, storable
from recommender.improvement.registry import to_plain
from recommender.texts import LANGUAGES


def render_evaluation_report(report: EvaluationReport, *, lang: str) -> str:
    """Return the report on an effect model as an HTML page.

    Parameters
    ----------
    report : EvaluationReport
        The figures.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    str
        The same text for the same report and language; store it as UTF-8. No script, no request;
        names are shown as text, never read as markup.
    """
    return storable(load_template("evaluation.html.j2").render(evaluation_view(report, lang=lang)))


def evaluation_report_json(report: EvaluationReport) -> dict[str, Any]:
    """Return all figures of a report as values that JSON can hold.

    Parameters
    ----------
    report : EvaluationReport
        The figures.

    Returns
    -------
    dict
        The fields of `EvaluationReport`, with None for NaN. In addition, `verdict` holds for
        `known` and `cold` the `outcome` (better, level or worse) and the best baseline, `against`,
        and its meaning in words by language; `warning_words` holds the warnings in words.
    """
    evaluation = report.evaluation
    verdict: dict[str, Any] = {}
    for part, scores in (("known", evaluation.known), ("cold", evaluation.cold)):
        outcome, against = compare(scores, evaluation.estimator)
        verdict[part] = {"outcome": outcome, "against": against}
    verdict["words"] = {lang: verdict_sentences(report, lang) for lang in LANGUAGES}
    words = {lang: warning_sentences(report, lang) for lang in LANGUAGES}
    return {**to_plain(report), "verdict": verdict, "warning_words": words}
