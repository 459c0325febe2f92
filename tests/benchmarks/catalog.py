"""Loading of the catalogue that ships, from YAML and compiled, beside the bare parse."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial

import yaml

from tests.benchmarks.measuring import Figure, measure
from training_catalog.files import loading


def our_loading(cache: str) -> Callable[[], object]:
    """Prepare the loading of a folder by a process that has just started.

    Parameters
    ----------
    cache : str
        Folder of compiled catalogues; with ``off`` the YAML is parsed, checked, put in order.
    """
    os.environ["RECOMMENDER_CACHE"] = cache
    loading.load_catalog()

    def work() -> object:
        loading._load.cache_clear()
        return loading.load_catalog()

    return work


def bare_parse() -> Callable[[], object]:
    """Prepare the parse of the same files by the library, and nothing else."""
    paths = sorted(loading.DEFAULT_CATALOG.rglob("*.yaml"))
    return lambda: [yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) for path in paths]


def run() -> list[Figure]:
    """Measure loading beside the bare parse."""
    bare = Figure("telecom catalogue: bare parse", *measure(bare_parse, repeats=5))
    figures = [bare]
    with tempfile.TemporaryDirectory() as folder:
        for name, cache in (("loading", "off"), ("loading, compiled", folder)):
            seconds, peak = measure(partial(our_loading, cache), repeats=5)
            ratio = seconds / bare.seconds
            figures.append(Figure(f"telecom catalogue: {name}", seconds, peak, bare.name, ratio))
    return figures
