"""From a YAML file to plain values and typed records; faults are collected, not raised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError

from training_catalog.faults import CatalogFault, make_fault
from training_catalog.model import TrainingModule

T = TypeVar("T", bound=BaseModel)
_TEXT_TAG = "tag:yaml.org,2002:str"
_CODES = {
    "missing": "missing",
    "finite_number": "out-of-range",
    "extra_forbidden": "unknown-key",
    "string_pattern_mismatch": "bad-id",
    "greater_than": "out-of-range",
    "greater_than_equal": "out-of-range",
    "less_than": "out-of-range",
    "less_than_equal": "out-of-range",
    "enum": "not-allowed",
    "literal_error": "not-allowed",
}


class _AliasError(yaml.constructor.ConstructorError):
    """A value that an alias uses again; a few of them in one another would fill all memory."""

    def __init__(self, node: yaml.Node) -> None:
        super().__init__(None, None, "alias", node.start_mark)
        self.line = node.start_mark.line + 1


def _plain(node: yaml.Node, loader: yaml.CSafeLoader, seen: set[int]) -> Any:
    """Build the value of a node; a key given twice is an error and not the last one's win."""
    if id(node) in seen:
        raise _AliasError(node)
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        if node.tag == _TEXT_TAG:
            return node.value
        return cast(Any, loader).construct_object(node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, loader, seen) for item in node.value]
    mapping: dict[Any, Any] = {}
    for key_node, value_node in cast(list[tuple[yaml.Node, yaml.Node]], node.value):
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a key that is no word", key_node.start_mark
            )
        key = _plain(key_node, loader, seen)
        if key in mapping:
            raise yaml.constructor.ConstructorError(
                None, None, f"key given twice: {key}", key_node.start_mark
            )
        mapping[key] = _plain(value_node, loader, seen)
    return mapping


def _load(text: str) -> Any:
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _plain(node, loader, set())
    finally:
        loader.dispose()


def read_yaml(folder: Path, path: Path, faults: list[CatalogFault]) -> Any:
    """Read a file of a catalogue folder; None, with a fault added, if that cannot be done."""
    code = "not-yaml"
    try:
        return _load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        where = f"byte {error.start}"
    except _AliasError as error:
        code, where = "alias", f"line {error.line}"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: {error.problem}" if mark else str(error.problem)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        where = str(error).splitlines()[0]
    faults.append(make_fault(str(path.relative_to(folder)), "", code, where=where))
    return None


def validate(
    file: str,
    prefix: str,
    raw: Any,
    kind: type[T],
    faults: list[CatalogFault],
    *,
    at: tuple[str, ...] = (),
) -> T | None:
    """Return `raw` as a record of a kind; None, with faults added, if it is not one."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        for item in error.errors():
            place = tuple(str(part) for part in item["loc"])
            faults.append(
                make_fault(
                    file,
                    ".".join(filter(None, [prefix, *place])),
                    _CODES.get(item["type"], "invalid"),
                    at=(*at, *place),
                    found=repr(item.get("input"))[:60],
                    detail=item["msg"],
                )
            )
        return None


def read_one(folder: Path, path: Path, kind: type[T], faults: list[CatalogFault]) -> T | None:
    """Read a file that holds one record."""
    before = len(faults)
    raw = read_yaml(folder, path, faults)
    if len(faults) > before:
        return None
    return validate(str(path.relative_to(folder)), "", raw, kind, faults)


def read_list(
    folder: Path, path: Path, key: str, kind: type[T], faults: list[CatalogFault]
) -> Iterator[T]:
    """Read a file that holds a list of records under one key."""
    before = len(faults)
    raw = read_yaml(folder, path, faults)
    file = str(path.relative_to(folder))
    if len(faults) > before:
        return
    items = cast(dict[str, Any], raw).get(key) if isinstance(raw, dict) else None
    if not isinstance(items, list):
        code = "no-module-list" if kind is TrainingModule else "no-list"
        faults.append(make_fault(file, key, code, found=key))
        return
    for i, item in enumerate(cast(list[Any], items)):
        record = validate(file, f"{key}.{i}", item, kind, faults)
        if record is not None:
            yield record
