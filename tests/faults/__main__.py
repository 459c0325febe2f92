"""Kills the server at random moments, takes its database away, sets its clock back, and so on.

The figures are in build/faults.json; whatever must not be is in their ``violations``.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).parents[1]))  # where tests find each other
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from databases import postgresql_server
from rich.console import Console
from rich.table import Table

from .all_faults import FAULTS, Extent, Ground, MissingError
from .servers import nursery
from .site import build_original


def main() -> None:
    """Run, write and print; exit with 1 if anything was found that must not be."""
    arguments = _read_arguments()
    signal.signal(signal.SIGTERM, _end)  # whatever was begun is ended
    random.seed(arguments.seed)
    extent = Extent(kills=arguments.kills // 2, promotions=25, away_seconds=10, locked_seconds=15)
    began = time.monotonic()
    found: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        ground = Ground(
            stack.enter_context(nursery()),
            stack.enter_context(build_original()),
            stack.enter_context(postgresql_server()),
            extent,
        )
        for name in arguments.only or FAULTS:
            started = time.monotonic()
            try:
                figures = FAULTS[name](ground)
            except MissingError as missing:
                figures = {"violations": [], "not_run_for_want_of": str(missing)}
            except Exception as error:
                figures = {"violations": [f"the rig itself failed: {error!r}"]}
            found[name] = {"seconds": round(time.monotonic() - started, 1), **figures}
            print(f"{name}: {len(figures['violations'])} violations", flush=True)
    violations = sum(len(figures["violations"]) for figures in found.values())
    out = Path("build/faults.json")
    out.parent.mkdir(exist_ok=True)
    whole = {
        "seed": arguments.seed,
        "violations": violations,
        "seconds": round(time.monotonic() - began, 1),
        "faults": found,
    }
    out.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _show(found, out)
    sys.exit(1 if violations else 0)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument(
        "--kills", type=int, default=100, help="of each kind of work; half of them on each database"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--only", nargs="+", choices=FAULTS, help="only these faults")
    return parser.parse_args()


def _end(*_: object) -> NoReturn:
    sys.exit(143)


def _show(found: dict[str, dict[str, Any]], out: Path) -> None:
    table = Table("fault", "seconds", "requests", "violations", title=str(out))
    for name, figures in found.items():
        table.add_row(
            name,
            f"{figures['seconds']:.0f}",
            f"{figures.get('requests', '')}",
            figures.get("not_run_for_want_of", f"{len(figures['violations'])}"),
        )
    console = Console(width=120)
    console.print(table)
    for name, figures in found.items():
        for violation in figures["violations"]:
            console.print(f"{name}: {violation}", markup=False, highlight=False)


if __name__ == "__main__":
    main()
