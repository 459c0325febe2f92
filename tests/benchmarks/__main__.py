"""Runs all benchmarks (`make bench`) and writes their figures to build/bench.json."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import effects, importing, ranking


def main() -> None:
    """Run, write and print."""
    figures = [figure for part in (ranking, effects, importing) for figure in part.run()]
    path = Path("build/bench.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([f.as_json() for f in figures], indent=2) + "\n", encoding="utf-8")
    table = Table("what", "seconds", "peak MiB", "beside", "ratio", title=str(path))
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.seconds:.2f}",
            f"{figure.peak_mib:.0f}",
            figure.beside or "",
            "" if figure.ratio is None else f"{figure.ratio:.3f}",
        )
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
