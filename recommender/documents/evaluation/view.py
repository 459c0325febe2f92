"""The report on an effect model in words and formatted figures, for its template."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from recommender.documents.evaluation.comparison import (
    better_rivals,
    compare,
    comparison_rows,
    model_names,
)
from recommender.documents.evaluation.document import NOMINAL, EvaluationReport
from recommender.documents.evaluation.findings import finding_sentences
from recommender.documents.figures import day, decimal, known, percent, sentences, signed
from recommender.improvement.evaluation import GainBins, GainScore, IntervalCoverage
from recommender.improvement.registry import judge, to_plain
from recommender.improvement.registry.verdict import RMSE_TIE
from recommender.texts import all_texts, placeholders, say

# Where the report begins to warn. None of these keeps a model from being promoted; what does stands
# in `improvement.registry.verdict`.
FEW_JUDGED = 200  # records that a model was judged on
SMALL_SAMPLE = 100  # effective sample size of an off-policy value
SLOPE_NEAR = 0.15  # how far from 1 a calibration slope is still called good
MIN_GROUP = 50  # records of a group; in smaller ones coverage says too little
_PREFIX = "evaluation."
_UNITS = (0.0, 4.0)


def evaluation_view(report: EvaluationReport, *, lang: str) -> dict[str, Any]:
    """Return all that the template of the report needs.

    Parameters
    ----------
    report : EvaluationReport
        The figures.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    dict
        Texts, rows and charts; charts are markup, all else is text.
    """
    evaluation = report.evaluation
    names = model_names(tuple(evaluation.known) + tuple(evaluation.cold), lang)
    return {
        "lang": lang,
        "labels": {
            key.removeprefix(_PREFIX): text[lang]
            for key, text in all_texts().items()
            if key.startswith(_PREFIX) and not placeholders(text[lang])
        },
        "synthetic": report.synthetic,
        "model": say("evaluation.model", lang, model=report.model_id)
        if report.model_id
        else say("evaluation.model-not-saved", lang),
        "outcome": compare(evaluation.known, evaluation.estimator)[0],
        "verdict": verdict_sentences(report, lang),
        "figures": _figures(report, lang),
        "rows": comparison_rows(evaluation, lang),
        "counts": {
            part: say(
                "evaluation.comparison.count",
                lang,
                count=f"{scores[evaluation.estimator].n_records:,}",
            )
            for part, scores in (("known", evaluation.known), ("cold", evaluation.cold))
        },
        "next_level": sentences(
            [
                say(
                    "evaluation.coverage.next-level",
                    lang,
                    known=_share(evaluation.coverage_known),
                    cold=_share(evaluation.coverage_cold),
                )
            ],
            lang=lang,
        ),
        "effect_interval": sentences(_effect_interval(report, lang), lang=lang),
        "bracket_unknown": None
        if _bracketed(report)
        else sentences([say("evaluation.bracket.unknown", lang)], lang=lang),
        "off_policy": _off_policy(report),
        "off_policy_note": _off_policy_note(report, lang),
        "warnings": warning_sentences(report, lang),
        "limits": [
            sentences([say(f"evaluation.limits.{name}", lang)], lang=lang)
            for name in ("observed", "noise", "past", "purpose")
        ],
        "charts": _charts(report, names, lang),
        "footer": _footer(report, lang),
    }


def verdict_sentences(report: EvaluationReport, lang: str) -> list[str]:
    """Say which model is better, and which the product uses; the first sentence sums it up."""
    verdict: list[str] = []
    estimator = report.evaluation.estimator
    scores = report.evaluation.known
    verdict.append(say_outcome(scores, estimator, lang))
    promotable = judge({"estimator": estimator, "known": to_plain(scores)}).promotable
    if promotable:
        use = "use-new" if report.size_known else "use-order"
        verdict.append(say(f"evaluation.verdict.{use}", lang))
    else:
        if compare(scores, estimator)[0] != "worse":
            verdict.append(say("evaluation.verdict.unsafe", lang))
        use = "keep-model" if report.in_use else "keep-expert"
        verdict.append(say(f"evaluation.verdict.{use}", lang, model=report.in_use or ""))
    verdict += say_slope(scores[estimator], lang)
    verdict.append(say_outcome(report.evaluation.cold, estimator, lang, prefix="cold-"))
    verdict += better_rivals(report.evaluation, lang)
    judged = scores[estimator].n_records
    if judged < FEW_JUDGED:
        verdict.append(say("evaluation.verdict.few", lang, count=f"{judged:,}"))
    return [sentences([sentence], lang=lang) for sentence in verdict]


def say_outcome(
    scores: dict[str, GainScore], estimator: str, lang: str, *, prefix: Literal["", "cold-"] = ""
) -> str:
    """Say whether a model or a baseline is better; without a full stop."""
    outcome, against = compare(scores, estimator)
    return say(
        f"evaluation.verdict.{prefix}{outcome}",
        lang,
        own=decimal(scores[estimator].rmse, digits=3),
        other=decimal(scores[against].rmse, digits=3),
        against=model_names((against,), lang)[against],
        tie=f"{RMSE_TIE:.1%}",
    )


def say_slope(score: GainScore, lang: str) -> list[str]:
    """Say whether predictions agree with measurements; nothing where they do not vary."""
    slope = known(score.slope)
    if slope is None:
        return []
    near = abs(slope - 1.0) <= SLOPE_NEAR
    way = "slope-good" if near else "slope-low" if slope < 1.0 else "slope-high"
    return [say(f"evaluation.verdict.{way}", lang, slope=decimal(slope, digits=2))]


def _effect_interval(report: EvaluationReport, lang: str) -> list[str]:
    said: list[str] = []
    if report.effect_coverage is None or report.top_coverage is None:
        said.append(say("registry.limit.no-interval", lang))
    else:
        coverage, top = percent(report.effect_coverage), percent(report.top_coverage)
        said.append(say("registry.limit.interval", lang, coverage=coverage, top=top))
    if report.asked_since is not None:
        said.append(say("registry.limit.asked-since", lang, months=f"{report.asked_since:g}"))
    return said


def warning_sentences(report: EvaluationReport, lang: str) -> list[str]:
    """Say what limits the model: warnings of its fit, and what its evaluation showed."""
    texts = all_texts()
    codes = list(report.warnings)
    if not report.size_known:
        codes.append("size-unknown")
    found = finding_sentences(report.findings, lang, names=report.names)
    warnings = [
        found.get(code)
        or (say(f"registry.limit.{code}", lang) if f"registry.limit.{code}" in texts else code)
        for code in codes
    ]
    missing = report.counts.modules - report.counts.modules_with_records
    if missing > 0:
        warnings.append(say("evaluation.warnings.no-records", lang, count=f"{missing:,}"))
    for name, coverage in _coverages(report):
        for group, share, count in zip(
            coverage.groups, coverage.share.tolist(), coverage.count.tolist(), strict=True
        ):
            # three standard errors below the nominal share: more than chance, even with many groups
            low = NOMINAL - 3.0 * np.sqrt(NOMINAL * (1.0 - NOMINAL) / max(count, 1))
            if count >= MIN_GROUP and share < low:
                title = say(f"evaluation.coverage.{name}", lang)
                separator = say("document.comma", lang)
                warnings.append(
                    say(
                        "evaluation.warnings.under-coverage",
                        lang,
                        group=f"{title}{separator}{_range(group)}",
                        share=_share(share),
                        count=f"{count:,}",
                    )
                )
    return [sentences([warning], lang=lang) for warning in warnings]


def _coverages(report: EvaluationReport) -> tuple[tuple[str, IntervalCoverage], ...]:
    return (
        ("by-evidence", report.evaluation.coverage_by_evidence),
        ("by-band", report.evaluation.coverage_by_band),
    )


def _range(group: str) -> str:
    return group.replace("-", "\N{EN DASH}")


def _share(share: float) -> str:
    value = known(share)
    return percent(None) if value is None else f"{value:.1%}"


def _bracketed(report: EvaluationReport) -> bool:
    both = (report.bracket.ancova, report.bracket.corrected_gain)
    return report.size_known and all(known(value) is not None for value in both)


def _figures(report: EvaluationReport, lang: str) -> list[dict[str, str]]:
    counts = report.counts
    dates = [day(date) for date in (counts.first_on, counts.last_on) if date]

    def figure(name: str, value: str, **values: object) -> dict[str, str]:
        key = f"evaluation.figure.{name}"
        return {"label": say(key, lang), "value": value, "note": say(f"{key}-note", lang, **values)}

    return [
        figure("records", f"{counts.trained:,}", people=f"{counts.people:,}"),
        figure("controls", f"{counts.controls:,}"),
        figure("modules", f"{counts.modules_with_records:,}", total=f"{counts.modules:,}"),
        figure("reliability", decimal(report.reliability, digits=2)),
    ] + (
        [figure("period", say("document.period", lang, start=dates[0], end=dates[-1]))]
        if dates
        else []
    )


def _off_policy(report: EvaluationReport) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "self_normalised": signed(row.value.self_normalised, digits=3),
            "doubly_robust": signed(row.value.doubly_robust, digits=3),
            "standard_error": f"± {decimal(row.value.standard_error, digits=3)}",
            "effective": decimal(row.value.effective_sample_size, digits=0),
            "records": f"{row.n_records:,}",
            "clipped": percent(row.value.clipped_share),
            "small": row.value.effective_sample_size < SMALL_SAMPLE,
        }
        for row in report.off_policy
    ]


def _off_policy_note(report: EvaluationReport, lang: str) -> str | None:
    if not report.off_policy:
        return sentences([say("evaluation.off-policy.none", lang)], lang=lang)
    if any(row.value.effective_sample_size < SMALL_SAMPLE for row in report.off_policy):
        return sentences(
            [say("evaluation.off-policy.small", lang, minimum=SMALL_SAMPLE)], lang=lang
        )
    return None


def _charts(report: EvaluationReport, names: dict[str, str], lang: str) -> dict[str, str | None]:
    # matplotlib takes about half a second to load, and most commands draw nothing
    from recommender.documents.charts import (
        bracket_chart,
        calibration_chart,
        chart_svg,
        coverage_chart,
        error_chart,
    )

    evaluation = report.evaluation
    bins = {
        say("evaluation.known", lang): evaluation.calibration_known,
        say("evaluation.cold", lang): evaluation.calibration_cold,
    }
    coverages = {
        say(f"evaluation.coverage.{name}", lang): coverage for name, coverage in _coverages(report)
    }
    separator = say("document.separator", lang)

    def describe(name: str, rows: list[str]) -> str:
        return say(f"evaluation.{name}.describe", lang, rows=separator.join(rows))

    bracket = None
    if _bracketed(report):
        label = say(
            "evaluation.bracket.describe",
            lang,
            ancova=signed(report.bracket.ancova, digits=2),
            corrected=signed(report.bracket.corrected_gain, digits=2),
        )
        figure = bracket_chart(report.bracket, lang=lang)
        bracket = chart_svg(figure, label=label, prefix="bracket")
    errors = [f"{names[n]} {decimal(s.rmse, digits=3)}" for n, s in evaluation.known.items()]
    return {
        "error": chart_svg(
            error_chart(
                evaluation.known,
                evaluation.cold,
                estimator=evaluation.estimator,
                lang=lang,
                names=names,
            ),
            label=describe("comparison", errors),
            prefix="error",
        ),
        "calibration": chart_svg(
            calibration_chart(bins, lang=lang),
            label=describe("calibration", [_bins(title, each) for title, each in bins.items()]),
            prefix="calibration",
        ),
        "coverage": chart_svg(
            coverage_chart(coverages, lang=lang),
            label=describe(
                "coverage",
                [
                    f"{title} {_range(group)} {percent(share)}"
                    for title, each in coverages.items()
                    for group, share in zip(each.groups, each.share.tolist(), strict=True)
                ],
            ),
            prefix="coverage",
        ),
        "bracket": bracket,
    }


def _bins(title: str, bins: GainBins) -> str:
    pairs = zip(bins.predicted.tolist(), bins.measured.tolist(), strict=True)
    return f"{title} " + " ".join(f"{signed(p, digits=2)}/{signed(m, digits=2)}" for p, m in pairs)


def _footer(report: EvaluationReport, lang: str) -> list[str]:
    low, high = report.scale
    lines = [
        say("evaluation.footer.made", lang, day=day(report.made_on)) if report.made_on else "",
        say("evaluation.footer.data", lang, digest=report.data_digest[:12])
        if report.data_digest
        else "",
        say("evaluation.footer.catalog", lang, digest=report.catalog_digest[:12])
        if report.catalog_digest
        else "",
        say("evaluation.footer.scale", lang, low=f"{low:g}", high=f"{high:g}")
        if report.scale != _UNITS
        else "",
    ]
    return [line for line in lines if line]
