"""Runs all benchmarks (`make bench`); figures in build/bench.json and build/serving.json."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    block_ridge,
    catalog,
    cohorts,
    documents,
    effects,
    everybody,
    group_questions,
    importing,
    matrix,
    pages,
    plans,
    ranking,
    serving,
    sharing,
    word,
)
from tests.benchmarks.measuring import Figure

_PARTS = (
    catalog,
    ranking,
    block_ridge,
    effects,
    everybody,
    sharing,
    plans,
    cohorts,
    importing,
    matrix,
    pages,
    group_questions,
    documents,
    word,
)


def main() -> None:
    """Run, write and print."""
    path = Path("build/bench.json")
    path.parent.mkdir(exist_ok=True)
    figures: list[Figure] = []
    for part in _PARTS:
        figures += part.run()
        # after each: what was measured is there even where a later part finds a limit passed
        figures_json = json.dumps([figure.as_json() for figure in figures], indent=2)
        path.write_text(figures_json + "\n", encoding="utf-8")
    table = Table("what", "seconds", "peak MiB", "beside", "ratio", title=str(path))
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.seconds:.4g}",
            f"{figure.peak_mib:.0f}",
            figure.beside or "",
            "" if figure.ratio is None else f"{figure.ratio:.3f}",
        )
    console = Console(width=160)
    console.print(table)
    served = json.dumps(serving.measure_serving(seconds=10), indent=2) + "\n"
    path.with_name("serving.json").write_text(served, encoding="utf-8")
    console.print(served, markup=False)


if __name__ == "__main__":
    main()
