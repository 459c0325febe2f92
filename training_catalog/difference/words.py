"""How values and fields of a catalogue appear in a sentence about a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel

from training_catalog.base import Text
from training_catalog.model import Modality
from training_catalog.wording import is_phrase, phrase

_LENGTH = 80  # of a text in a sentence: enough to recognise it


@dataclass(frozen=True)
class Shown:
    """Two values in words; whether only the text of one language differs."""

    before: Text
    after: Text
    english_only: bool = False
    chinese_only: bool = False


def same(text: str) -> Text:
    """Return a text that is the same in both languages."""
    # model_construct, here and below, skips validation: it strips spaces and refuses an empty text
    return Text.model_construct(zh_cn=text, en=text)


def label_of(name: str) -> Text:
    """Return the name of a field."""
    return phrase(f"field.{name}") if is_phrase(f"field.{name}") else same(name)


def join_labels(labels: Iterable[Text]) -> Text:
    """Return the path to a field in words, outermost first."""
    parts = list(labels)
    return Text.model_construct(
        zh_cn="·".join(p.zh_cn for p in parts), en=", ".join(p.en for p in parts)
    )


def name_of(item: BaseModel, names: Mapping[str, Text]) -> Text:
    """Return what an item of a list is called."""
    for field in ("title", "name", "term"):
        value = getattr(item, field, None)
        if isinstance(value, Text) and not hasattr(item, "effective_on"):
            return value
    if hasattr(item, "effective_on"):
        grade = names.get(getattr(item, "grade"), same(getattr(item, "grade")))  # noqa: B009
        day = getattr(item, "effective_on").isoformat()  # noqa: B009
        return Text.model_construct(zh_cn=f"{grade.zh_cn} {day}", en=f"{grade.en} {day}")
    if hasattr(item, "competency"):
        name = names.get(getattr(item, "competency"), same(""))  # noqa: B009
        return phrase("change.exam", name=name, level=getattr(item, "level"))  # noqa: B009
    key = getattr(item, "id", None)
    if key is None:
        return phrase("change.level", level=getattr(item, "level", ""))
    return names.get(key, same(str(key)))


def show_value(field: str, before: object, after: object, names: Mapping[str, Text]) -> Shown:
    """Return two values of a field in words."""
    if isinstance(before, Text) and isinstance(after, Text):
        left, right = _cut(before), _cut(after)
        if before.zh_cn == after.zh_cn:
            return Shown(_one(left.en, left.en), _one(right.en, right.en), english_only=True)
        if before.en == after.en:
            return Shown(
                _one(left.zh_cn, left.zh_cn), _one(right.zh_cn, right.zh_cn), chinese_only=True
            )
        return Shown(left, right)
    return Shown(_show(field, before, names), _show(field, after, names))


def _one(zh: str, en: str) -> Text:
    return Text.model_construct(zh_cn=zh, en=en)


def _cut(text: Text) -> Text:
    def short(line: str) -> str:
        return line if len(line) <= _LENGTH else line[: _LENGTH - 1] + "…"

    return Text.model_construct(zh_cn=f"“{short(text.zh_cn)}”", en=f"“{short(text.en)}”")


def _show(field: str, value: Any, names: Mapping[str, Text]) -> Text:
    if value is None:
        return phrase("value.none")
    if isinstance(value, bool):  # before int, which a bool is too
        return phrase(f"value.{'yes' if value else 'no'}")
    if isinstance(value, Modality):
        return phrase(f"modality.{value.value}")
    if isinstance(value, float | int):
        text = f"{value:.10g}"  # 0.1 + 0.2 as 0.3, and 8.0 as 8
        return phrase(f"unit.{field}", value=text) if is_phrase(f"unit.{field}") else same(text)
    if isinstance(value, Text):
        return _cut(value)
    if isinstance(value, tuple):
        shown = [_show(field, item, names) for item in cast(tuple[Any, ...], value)]
        if not shown:
            return phrase("value.none")
        return Text.model_construct(
            zh_cn="、".join(t.zh_cn for t in shown), en=", ".join(t.en for t in shown)
        )
    if isinstance(value, BaseModel):
        text = getattr(value, "text", None)
        return _cut(text) if isinstance(text, Text) else name_of(value, names)
    if isinstance(value, dict):
        entries = cast(dict[str, Any], value)
        shown = {names.get(k, same(k)): _show(field, v, names) for k, v in entries.items()}
        return Text.model_construct(
            zh_cn="、".join(f"{k.zh_cn} {v.zh_cn}" for k, v in shown.items()),
            en=", ".join(f"{k.en} {v.en}" for k, v in shown.items()),
        )
    text = str(value)
    return names.get(text, same(text))
