"""The report of an import in words: what changes, what stays, what to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from recommender.service.people.comparing import FieldChange, RowChange, Value
from recommender.service.people.reports import ImportReport
from recommender.table_kinds import TableKind
from recommender.texts import say

# as many as one looks at before one filters the table
FEW = 10


def describe_report(report: ImportReport, kind: TableKind, lang: str) -> list[str]:
    """Say what an import changes, or would, and what a person should look at.

    Parameters
    ----------
    report : ImportReport
        What became of the table.
    kind : TableKind
        Its kind.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    list of str
        Lines; none where there is nothing to say beside the counts.
    """
    words = _Words(kind, lang)
    return [
        *words.of_changes(report),
        *words.of_columns("cleared", report.cleared),
        *words.of_columns("kept", report.kept),
        *words.of_columns("blank", {} if report.kept else report.blank),
        *words.of_names("absent", [words.label(name) for name in report.absent_columns]),
        *words.of_rows(
            "look-alikes",
            [
                say(
                    "preview.look-alike",
                    lang,
                    row=alike.row,
                    id=alike.id,
                    like=alike.like,
                    difference=say(f"preview.difference.{alike.difference}", lang),
                )
                for alike in report.look_alikes
            ],
        ),
        *words.of_rows(
            "same-names",
            [
                say(
                    "preview.same-name",
                    lang,
                    row=same.row,
                    id=same.person_id,
                    name=same.name,
                    others=words.join(same.others),
                )
                for same in report.same_names
            ],
        ),
        *words.of_count("filtered" if report.is_filtered else "hidden", report.hidden_rows),
        *words.of_count("left-out", report.left_out),
        *words.of_names("ignored", report.ignored_columns),
        *words.of_names("on-days-off", report.on_days_off),
    ]


def describe_notices(
    report: ImportReport, kind: TableKind, lang: str
) -> list[tuple[str, list[str]]]:
    """Say what a person should look at before the rows of a table go in.

    Returns
    -------
    list of (str, list of str)
        A sentence each, with the first rows it is about.
    """
    words = _Words(kind, lang)
    lines = describe_report(replace(report, changes=(), kept={}, blank={}), kind, lang)
    notices: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith("  "):
            # how many more there are stands in the sentence above
            notices[-1][1].extend([line.strip()] if len(notices[-1][1]) < FEW else [])
        else:
            notices.append((line.rstrip("：:"), []))
    if report.kept:
        columns = words.join(words.counted(report.kept))
        notices.append((say("console.import.kept", lang, columns=columns), []))
    return notices


def describe_changes(
    report: ImportReport, kind: TableKind, lang: str
) -> list[tuple[int, str, list[str]]]:
    """Say of the first rows that change something which they are, and what of them changes."""
    words = _Words(kind, lang)
    return [
        (change.row, change.key, [words.field(each) for each in change.fields])
        for change in report.changes
    ]


class _Words:
    def __init__(self, kind: TableKind, lang: str) -> None:
        self._kind = kind
        self._lang = lang

    def label(self, name: str) -> str:
        """Return what a column is called in templates."""
        return name if self._lang == "en" else self._kind.column(name).headers[0]

    def join(self, names: Iterable[str]) -> str:
        return say("document.list_separator", self._lang).join(names)

    def of_changes(self, report: ImportReport) -> Iterator[str]:
        if not report.changes:
            return
        columns = self.join(self.counted(report.changed))
        yield say("preview.changes", self._lang, count=report.updated, columns=columns)
        yield from self._few([self._change(change) for change in report.changes], report.updated)

    def of_columns(self, key: str, counts: Mapping[str, int]) -> Iterator[str]:
        if counts:
            yield say(f"preview.{key}", self._lang, columns=self.join(self.counted(counts)))

    def of_names(self, key: str, names: Sequence[str]) -> Iterator[str]:
        if names:
            more = "…" if len(names) > FEW else ""
            few = self.join(names[:FEW]) + more
            yield say(f"preview.{key}", self._lang, count=len(names), names=few)

    def of_count(self, key: str, count: int) -> Iterator[str]:
        if count:
            yield say(f"preview.{key}", self._lang, count=count)

    def of_rows(self, key: str, lines: Sequence[str]) -> Iterator[str]:
        if lines:
            yield say(f"preview.{key}", self._lang, count=len(lines))
            yield from self._few(lines, len(lines))

    def _few(self, lines: Sequence[str], count: int) -> Iterator[str]:
        yield from (f"  {line}" for line in lines[:FEW])
        if count > FEW:
            yield say("preview.more", self._lang, count=count - min(FEW, len(lines)))

    def field(self, change: FieldChange) -> str:
        """Say what a field holds and what it will hold."""
        return say(
            "preview.field",
            self._lang,
            column=self.label(change.column),
            old=self._value(change.old),
            new=self._value(change.new),
        )

    def counted(self, counts: Mapping[str, int]) -> list[str]:
        """Say of each column how many of its cells it is about."""
        return [
            say("preview.counted", self._lang, column=self.label(name), count=count)
            for name, count in counts.items()
        ]

    def _change(self, change: RowChange) -> str:
        fields = [self.field(field) for field in change.fields]
        separator = "; " if self._lang == "en" else "；"
        return say(
            "preview.change",
            self._lang,
            row=change.row,
            record=change.key,
            fields=separator.join(fields),
        )

    def _value(self, value: Value) -> str:
        if value is None:
            return say("preview.nothing", self._lang)
        return f"{value:g}" if isinstance(value, float) else str(value)
