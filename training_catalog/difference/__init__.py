"""What changed between two catalogues, in words that HR reads."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal, cast

from pydantic import BaseModel

from training_catalog.base import Text
from training_catalog.difference.words import join_labels, label_of, name_of, show_value
from training_catalog.model import Catalog
from training_catalog.wording import phrase

ChangeKind = Literal["added", "removed", "changed"]

# What identifies an item of a list, in this order of preference. Compared by place, all items after
# a new one would seem changed.
_KEYS = ("id", "level", "grade")
_PARTS = (
    "levels",
    "grades",
    "categories",
    "competencies",
    "profiles",
    "modules",
    "certifications",
    "paths",
    "glossary",
    "business_figures",
)


@dataclass(frozen=True)
class Change:
    """One difference between an old and a new catalogue.

    Parameters
    ----------
    kind : str
        ``added``, ``removed`` or ``changed``.
    part, id : str
        What it is about, such as ``modules`` and the id of a module.
    field : tuple of str
        The path to what changed inside it; empty if it was added or removed as a whole.
    before, after : object
        The values; None if there was, or is, none.
    what : Text
        The difference in one sentence.
    """

    kind: ChangeKind
    part: str
    id: str
    field: tuple[str, ...]
    before: object
    after: object
    what: Text

    def text(self, lang: str) -> str:
        """Return the difference in a language, in one line."""
        return self.what.in_language(lang)


@dataclass(frozen=True)
class _Place:
    part: str
    id: str
    owner: Text
    names: Mapping[str, Text]
    field: tuple[str, ...] = ()
    labels: tuple[Text, ...] = ()

    def inside(self, name: str, label: Text | None = None) -> _Place:
        return _Place(
            self.part,
            self.id,
            self.owner,
            self.names,
            (*self.field, name),
            (*self.labels, label or label_of(name)),
        )

    def change(self, kind: ChangeKind, before: object, after: object) -> Change:
        if not self.field:
            what = phrase(f"change.{kind}-item", owner=self.owner)
        else:
            shown = show_value(self.field[-1], before, after, self.names)
            what = phrase(
                f"change.{kind}",
                owner=self.owner,
                label=join_labels(self.labels),
                before=shown.before,
                after=shown.after,
            )
            # the Chinese sentence then shows the English values, and has to say so
            if shown.english_only:
                what = Text.model_construct(
                    zh_cn=what.zh_cn + phrase("change.english").zh_cn, en=what.en
                )
            if shown.chinese_only:
                what = Text.model_construct(
                    zh_cn=what.zh_cn, en=what.en + phrase("change.chinese").en
                )
        return Change(kind, self.part, self.id, self.field, before, after, what)


def diff_catalogs(old: Catalog, new: Catalog) -> tuple[Change, ...]:
    """Compare two catalogues.

    Parameters
    ----------
    old, new : Catalog
        Two versions of a catalogue, or two catalogues.

    Returns
    -------
    tuple of Change
        In the order of a catalogue's parts; empty when the digests agree.
    """
    names = {**_names(old), **_names(new)}
    head = _Place("catalog", new.id, phrase("part.catalog", name=new.name), names)
    changes: list[Change] = []
    for name in ("id", "name", "settings", "standards"):
        changes += _compare(head.inside(name), getattr(old, name), getattr(new, name))
    for part in _PARTS:
        changes += _items(part, getattr(old, part), getattr(new, part), names)
    profile = new.job_profile or old.job_profile
    if profile:
        place = _Place("job_profile", profile.id, phrase("part.job_profile"), names)
        changes += _compare(place, old.job_profile, new.job_profile)
    return tuple(changes)


def _names(catalog: Catalog) -> dict[str, Text]:
    """Return the names by which ids appear in sentences."""
    return {
        **{grade.id: grade.name for grade in catalog.grades},
        **{c.id: c.name for c in catalog.competencies},
        **{m.id: m.title for m in catalog.modules},
        **{c.id: c.name for c in catalog.certifications},
    }


def _key(item: BaseModel) -> Hashable | None:
    """Return what identifies an item among its neighbours, if anything does."""
    # exams of a certification and versions of a profile need two fields
    if hasattr(item, "competency"):
        return (getattr(item, "competency"), getattr(item, "level"))  # noqa: B009
    if hasattr(item, "effective_on"):
        return (getattr(item, "grade"), getattr(item, "effective_on"))  # noqa: B009
    return next((getattr(item, name) for name in _KEYS if hasattr(item, name)), None)


def _items(
    part: str,
    old: tuple[BaseModel, ...],
    new: tuple[BaseModel, ...],
    names: Mapping[str, Text],
) -> Iterator[Change]:
    before = {_key(item): item for item in old}
    after = {_key(item): item for item in new}
    for key in [*before, *(key for key in after if key not in before)]:
        item = after.get(key) or before[key]
        parts = cast(tuple[object, ...], key) if isinstance(key, tuple) else (key,)
        id_ = "/".join(map(str, parts))
        owner = phrase(f"part.{part}", name=name_of(item, names), id=id_)
        place = _Place(part, id_, owner, names)
        if key not in after or key not in before:
            kind: ChangeKind = "removed" if key not in after else "added"
            yield place.change(kind, before.get(cast(Any, key)), after.get(cast(Any, key)))
        else:
            yield from _compare(place, before[key], after[key])
    common = [key for key in before if key in after]
    if common != [key for key in after if key in before]:
        place = _Place(part, part, phrase("part.order", part=label_of(part)), names)
        yield Change(
            "changed", part, part, ("order",), None, None, phrase("change.order", owner=place.owner)
        )


def _compare(place: _Place, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if old is None or new is None:
        yield place.change("added" if old is None else "removed", old, new)
    elif isinstance(old, Text):
        yield place.change("changed", old, new)
    elif isinstance(old, BaseModel):
        for name in type(old).model_fields:
            yield from _compare(place.inside(name), getattr(old, name), getattr(new, name))
    elif isinstance(old, dict):
        left, right = cast(dict[str, Any], old), cast(dict[str, Any], new)
        for key in [*left, *(k for k in right if k not in left)]:
            inner = place.inside(key, place.names.get(key))
            yield from _compare(inner, left.get(key), right.get(key))
    elif isinstance(old, tuple) and any(
        isinstance(item, BaseModel) for item in cast(tuple[Any, ...], old + new)
    ):
        yield from _lists(place, cast(tuple[Any, ...], old), new)
    else:
        yield place.change("changed", cast(object, old), new)


def _lists(place: _Place, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[Change]:
    keyed = not isinstance((old + new)[0], Text) and _key((old + new)[0]) is not None
    if keyed:
        before = {_key(item): item for item in old}
        after = {_key(item): item for item in new}
        for key in [*before, *(k for k in after if k not in before)]:
            item = after.get(key) or before[key]
            inner = place.inside(str(key), name_of(item, place.names))
            yield from _compare(inner, before.get(key), after.get(key))
        common = [key for key in before if key in after]
        if common != [key for key in after if key in before]:
            yield place.inside("order").change("changed", tuple(before), tuple(after))
        return
    # Items without a key, such as units of a syllabus: the longest common sequence tells what came
    # and went. Without autojunk, which ignores frequent items in lists of 200 and more.
    left = [item.model_dump_json() for item in old]
    right = [item.model_dump_json() for item in new]
    for tag, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        # what stands in place of something else is a change of it; only the surplus came or went
        pairs = min(j - i, m - k)
        for n in range(pairs):
            inner = place.inside(str(k + n + 1), phrase("change.place", number=k + n + 1))
            yield from _compare(inner, old[i + n], new[k + n])
        for n in range(i + pairs, j):
            yield place.change("removed", old[n], None)
        for n in range(k + pairs, m):
            yield place.change("added", None, new[n])
