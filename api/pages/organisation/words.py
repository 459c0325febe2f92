"""The heat map in words and classes; its template only arranges them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from api.admission import Call
from api.pages.plans.view import Names
from recommender.documents import figures
from recommender.service.groups.heat import CHANGE_EDGES, GAP_STEP, SHARE_STEP, Metric
from recommender.service.groups.organisation import HeatCell, HeatRow
from recommender.service.groups.rounds import Round
from recommender.texts import say

SCALES: dict[Metric, str] = {"gap": "w", "below": "w", "assessed": "b", "change": "d"}
_STEPS = range(7)


@dataclass(frozen=True)
class CellView:
    """A cell as it is printed; `look` is its class, `said` what is read out."""

    competency_id: str
    look: str
    shown: str
    said: str
    id: str
    href: str
    current: bool


@dataclass(frozen=True)
class RowView:
    """A unit as it is printed; `href` leads a step down: to its units, or to its people."""

    label: str
    people: str
    is_small: bool
    href: str
    cells: Sequence[CellView]


@dataclass(frozen=True)
class Columns:
    """The competencies shown, by category in their order: the name of each, and its columns."""

    groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]

    @property
    def ids(self) -> list[str]:
        """The competencies in the order of their columns."""
        return [competency_id for _, columns in self.groups for competency_id, _ in columns]


def columns_of(names: Names, lang: str, category: str) -> Columns:
    """Return the columns of a category, or of all where it names none."""
    return Columns(
        [
            (
                each.name.in_language(lang),
                [(one, names.competency(one)) for one in each.competencies],
            )
            for each in names.catalog.categories
            if category in ("", each.id)
        ]
    )


def say_unit(unit: str | None, lang: str) -> str:
    """Return the last name of a unit's path; for none, everybody."""
    return unit.split("/")[-1] if unit else say("console.organisation.everybody", lang)


def say_round(each: Round, lang: str, *, short: bool = False) -> str:
    """Name a round: 2026 下半年, or shorter where there is little room."""
    return say(f"console.round.{'short_' if short else ''}{each.half}", lang, year=each.year)


def say_value(metric: Metric, value: float, *, bare: bool = False) -> str:
    """Return a value as it is printed; `bare` leaves out the sign of per cent."""
    if metric == "gap":
        return figures.decimal(value, digits=1)
    if metric == "change":
        text = figures.signed(value, digits=2)
        return text[1:] if text[1:] == "0.00" else text
    text = figures.percent(value)
    return text.removesuffix("%") if bare else text


def scale_of(metric: Metric) -> list[str]:
    """Return the seven texts of the legend: where each step begins."""
    if metric == "change":
        edges = [figures.signed(edge, digits=2) for edge in CHANGE_EDGES]
        return [
            *(text.replace("+", figures.MINUS) for text in reversed(edges)),
            "0",
            *edges,
        ]
    if metric == "gap":
        texts = ["0", *(figures.decimal(step * GAP_STEP, digits=1) for step in _STEPS[1:])]
    else:
        texts = [f"{step * SHARE_STEP * 100:.0f}" for step in _STEPS]
    return [*texts[:-1], f"{texts[-1]}+"]


class Wording:
    """Puts rows of a map into words."""

    def __init__(
        self,
        call: Call,
        metric: Metric,
        columns: Columns,
        *,
        names: Names,
        opened: tuple[str | None, str],
        address: Callable[..., str],
    ) -> None:
        self._metric: Metric = metric
        self._call, self._names = call, names
        self._ids, self._opened, self._address = columns.ids, opened, address

    def row(self, number: int, row: HeatRow, *, href: str = "") -> RowView:
        """Put a row into words."""
        lang = self._call.lang
        label = say_unit(row.org_unit, lang)
        cells = {cell.competency_id: cell for cell in row.cells}
        return RowView(
            label,
            "<5" if row.is_small else "" if row.n_people is None else f"{row.n_people}",
            row.is_small,
            href,
            [
                self._cell(f"c-{number}-{at}", row, label, cells[name])
                for at, name in enumerate(self._ids)
            ],
        )

    def _cell(self, place: str, row: HeatRow, label: str, cell: HeatCell) -> CellView:
        lang = self._call.lang
        metric: Metric = self._metric
        if cell.value is None or cell.step is None:
            look, shown = ("few" if cell.suppressed else "none"), ""
            said = say(f"console.organisation.cell_{look}", lang)
            if metric == "change" and not cell.suppressed:
                said = say("console.organisation.cell_not_compared", lang)
        else:
            look, shown = f"{SCALES[metric]}{cell.step}", say_value(metric, cell.value, bare=True)
            value = say_value(metric, cell.value)
            said = say(f"console.organisation.cell_{metric}", lang, value=value)
        competency = self._names.competency(cell.competency_id)
        comma = say("console.comma", lang)
        return CellView(
            cell.competency_id,
            look,
            shown,
            comma.join((label, competency, said)),
            place,
            ""
            if cell.suppressed
            else self._address(of=row.org_unit or "", competency=cell.competency_id, at=place),
            self._opened == (row.org_unit, cell.competency_id),
        )
