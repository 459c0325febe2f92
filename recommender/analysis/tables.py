"""Tables that an analyst reads, with headings in the language asked for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from recommender.analysis.workbench import Workbench
from recommender.documents.evaluation.comparison import model_names
from recommender.documents.evaluation.findings import finding_sentences
from recommender.improvement.evaluation import Evaluation, GainScore
from recommender.improvement.history import HistoryReport
from recommender.improvement.simulation.closed_loop import ClosedLoop, Policy
from recommender.texts import all_texts, say


def in_words(frame: pd.DataFrame, lang: str, *, digits: int = 2) -> pd.DataFrame:
    """Return a table with headings and findings in a language, numbers to some decimals."""
    shown = frame.reset_index(drop=True)
    # People count rows from 1.
    shown.index += 1
    if "finding" in shown:
        shown["finding"] = [say(f"analysis.finding.{code}", lang) for code in shown["finding"]]
    if "modality" in shown:
        shown["modality"] = [_known(f"modality.{code}", code, lang) for code in shown["modality"]]
    return shown.rename(
        columns={name: _known(f"analysis.column.{name}", name, lang) for name in map(str, shown)}
    ).round(digits)


def history_tables(report: HistoryReport, bench: Workbench) -> dict[str, pd.DataFrame]:
    """Lay a report on a history out as tables.

    Parameters
    ----------
    report : HistoryReport
        From `report_history`.
    bench : Workbench
        Names and language.

    Returns
    -------
    dict of str to DataFrame
        ``summary``, ``competencies``, ``modules``, ``warnings``, ``notes`` and ``suspicious``.
    """
    # As text: figures of different kinds stand in one column.
    lang = bench.lang
    summary = {
        "history.records": f"{report.records:,}",
        "history.trained": f"{report.trained:,}",
        "history.controls": f"{report.controls:,}",
        "history.people": f"{report.people:,}",
        "history.period": f"{report.first_on or '–'} – {report.last_on or '–'}",
        "history.control-share": _percent(report.control_share),
        "history.overlap": _percent(report.overlap),
        "history.reliability": _number(report.reliability),
        "history.days-between": _number(report.days_between_trained.median, digits=0),
        "history.ceiling": _percent(report.ceiling_share),
        "history.shared": f"{report.shared:,}",
        "history.without-records": f"{len(report.modules_without_records):,}",
    }
    notes = [
        say(
            f"history.note.{note.code}",
            lang,
            count=f"{note.count:,}",
            examples=", ".join(note.examples),
        )
        for note in report.notes
    ]
    warnings = finding_sentences(report.warnings, lang, names=bench.titles)
    suspicious = pd.DataFrame([vars(row) for row in report.suspicious_rows])
    if len(suspicious):
        words = [say(f"history.suspicious.{code}", lang) for code in suspicious["code"]]
        suspicious = suspicious.assign(code=words)
    return {
        "summary": pd.DataFrame(
            {"figure": [say(key, lang) for key in summary], "value": list(summary.values())}
        ),
        "competencies": pd.DataFrame(
            {
                "competency": [bench.name(c.competency_id) for c in report.competencies],
                "trained": [c.trained for c in report.competencies],
                "controls": [c.controls for c in report.competencies],
                "control_range": [
                    f"{_number(c.control_low)} – {_number(c.control_high)}"
                    for c in report.competencies
                ],
                "overlap": [_percent(c.overlap) for c in report.competencies],
            }
        ),
        "modules": pd.DataFrame(
            {
                "module": [bench.name(m.module_id) for m in report.modules],
                "evidence": [m.records for m in report.modules],
                "people": [m.people for m in report.modules],
            }
        ),
        "warnings": pd.DataFrame({"warning": list(warnings.values())}),
        "notes": pd.DataFrame({"note": notes}),
        "suspicious": suspicious,
    }


def score_table(evaluation: Evaluation | Mapping[str, GainScore], lang: str) -> pd.DataFrame:
    """Lay scores out as a table, the smallest error first; models by the names people know.

    Parameters
    ----------
    evaluation : Evaluation or mapping of str to GainScore
        Of an evaluation the scores of known modules, and by how much the error of each model is
        larger than that of the judged one, with its standard error.
    lang : str
        ``zh-CN`` or ``en``.
    """
    scores = evaluation.known if isinstance(evaluation, Evaluation) else evaluation
    names = model_names(tuple(scores), lang)
    table = pd.DataFrame([{"model": names[name], **vars(score)} for name, score in scores.items()])
    if isinstance(evaluation, Evaluation):
        paired = [evaluation.paired.get(name) for name in scores]
        table["difference"] = [pair.known if pair else None for pair in paired]
        table["difference_error"] = [pair.known_error if pair else None for pair in paired]
    return table.sort_values("rmse", ignore_index=True).round(3)


def loop_table(loop: ClosedLoop, lang: str) -> pd.DataFrame:
    """Sum up a closed loop, with a row for each ranking.

    Parameters
    ----------
    loop : ClosedLoop
        The runs.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    DataFrame
        The gap closed in the end, also as a share of the oracle's, the mean regret, the share of
        modules tried, and the share of effect ranges that hold in the first and the last quarter;
        then the value of another ranking as estimated from the log, its true value, and how many
        records the estimate is worth.
    """
    oracle = loop.runs.get(Policy.ORACLE)
    return pd.DataFrame(
        [
            {
                "policy": say(f"evaluation.loop.policy.{policy}", lang),
                "gap_closed": run.gap_closed[-1],
                "of_oracle": run.gap_closed[-1] / oracle.gap_closed[-1] if oracle else np.nan,
                "regret": run.regret.mean(),
                "modules_tried": run.modules_tried[-1],
                "first_coverage": run.effect_coverage[0],
                "last_coverage": run.effect_coverage[-1],
                "other_estimated": run.off_policy.value.doubly_robust,
                "other_true": run.off_policy.true_value,
                "effective_sample": run.off_policy.value.effective_sample_size,
                "supported": run.off_policy.supported_share,
            }
            for policy, run in loop.runs.items()
        ]
    )


def _known(key: str, otherwise: str, lang: str) -> str:
    # A column or modality of an organisation's own has no text: its id is shown.
    return say(key, lang) if key in all_texts() else otherwise


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _number(value: float | None, *, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
