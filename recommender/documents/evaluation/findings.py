"""What limits a history, in words with its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recommender.documents.figures import decimal, percent, signed
from recommender.improvement.history_checks import HistoryWarning
from recommender.texts import say

_MOST_NAMES = 10  # more names make no sentence; all of them stand in the card
_PERCENT = ("share", "lowest", "highest")


def finding_sentences(
    findings: Iterable[HistoryWarning], lang: str, *, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Say what was found in a history, by code.

    Parameters
    ----------
    findings : iterable of HistoryWarning
        As `check_history` returns them.
    lang : str
        ``zh-CN`` or ``en``.
    names : mapping of str to str, optional
        Names of modules by id; without one, the id stands for the module.
    """
    return {finding.code: _say(finding, lang, names or {}) for finding in findings}


def _say(finding: HistoryWarning, lang: str, names: Mapping[str, str]) -> str:
    values = {name: _figure(name, value) for name, value in finding.figures.items()}
    shown = [names.get(module, module) for module in finding.modules[:_MOST_NAMES]]
    separator = "、" if lang == "zh-CN" else "; "
    return say(f"history.warning.{finding.code}", lang, **values, modules=separator.join(shown))


def _figure(name: str, value: float) -> str:
    if name in _PERCENT:
        return percent(value)
    if name == "levels":
        return signed(value, digits=2)
    if name == "reliability":
        return decimal(value, digits=2)
    # by the name and not by the type: a count read from a card is a float
    return decimal(value, digits=0)
