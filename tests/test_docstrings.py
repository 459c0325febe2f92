"""What docstrings must say, as numpydoc judges them on what is imported."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from types import FunctionType
from typing import Any

from numpydoc.validate import validate

import api
import recommender
import training_catalog

CHECKS = {
    "GL01": "the text starts on the line after the quotes, or is one line",
    "GL03": "no double blank lines",
    "GL08": "there is a docstring",
    "SS03": "the summary ends with a full stop",
    "SS04": "the summary is not indented",
    "SS05": "the summary is in the imperative",
    "PR01": "a list of parameters is complete",
    "PR02": "it has none that are not there",
    "PR03": "it is in their order",
    "PR04": "each has a type",
    "PR06": "which is a type of Python",
    "PR10": "with a space before the colon",
    "RT02": "what is returned has a type",
}
# the session and the framework say nothing new there
USE_CASES = ("api.", "recommender.cli.", "recommender.service.")


def public_names() -> Iterator[tuple[str, Any]]:
    """Find every public class, function and method of the packages."""
    for package in (recommender, training_catalog, api):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "._" in info.name or ".migrations" in info.name:
                continue
            for name, thing in vars(importlib.import_module(info.name)).items():
                if name.startswith("_") or getattr(thing, "__module__", "") != info.name:
                    continue
                if inspect.isclass(thing) and name.isidentifier():
                    yield f"{info.name}.{name}", thing
                    for inner, member in vars(thing).items():
                        is_method = isinstance(member, FunctionType | property | cached_property)
                        if is_method and not inner.startswith("_"):
                            yield f"{info.name}.{name}.{inner}", member
                elif inspect.isfunction(thing):
                    yield f"{info.name}.{name}", thing


def test_docstrings_say_what_they_must():
    wrong: list[str] = []
    judged = 0
    for name, thing in public_names():
        judged += 1
        lists_parameters = "Parameters\n" in (thing.__doc__ or "")
        for code, text in validate(name)["errors"]:
            if code == "PR01" and (
                not lists_parameters or inspect.isclass(thing) or name.startswith(USE_CASES)
            ):
                continue
            if code in CHECKS:
                wrong.append(f"{name}: {code} {text}")
    assert judged > 1000
    assert wrong == []
