"""Loading of the catalogue that ships, beside the bare parse of its files."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from tests.benchmarks.measuring import Figure, measure
from training_catalog import loading


def our_loading() -> Callable[[], object]:
    """Prepare the loading of a folder that was not loaded before: parsed, checked, in order."""

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
    seconds, peak = measure(our_loading, repeats=5)
    return [
        bare,
        Figure("telecom catalogue: loading", seconds, peak, bare.name, seconds / bare.seconds),
    ]
