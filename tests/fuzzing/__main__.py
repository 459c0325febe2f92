"""Sends thousands of random requests as each role on each database (`make fuzz`).

The figures are in build/fuzz.json, with a curl command for every failure.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))  # where tests find each other
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from databases import postgresql_server

from recommender.service.permissions import Role

from .running import run_alone

ROLES = tuple(role.value for role in Role)
DATABASES = ("sqlite", "postgresql")


def main() -> None:
    """Run, write and print; exit with 1 if anything was found."""
    arguments = _read_arguments()
    started = time.perf_counter()
    out = Path("build/fuzz.json")
    out.parent.mkdir(exist_ok=True)
    runs = [(role, kind) for kind in arguments.databases for role in arguments.roles]
    found: list[dict[str, Any]] = []
    with postgresql_server() as server:
        url = server.render_as_string(hide_password=False)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(
            arguments.processes, mp_context=context, max_tasks_per_child=1
        ) as pool:
            futures = [
                pool.submit(run_alone, role, kind, url, arguments.cases, arguments.seed + number)
                for number, (role, kind) in enumerate(runs)
            ]
            for future in as_completed(futures):
                run = future.result()
                found.append(run)
                print(
                    f"{run['role']} on {run['database']}: {run['cases']} requests in "
                    f"{run['seconds']:.0f} s, {len(run['failures'])} failures",
                    flush=True,
                )
    found.sort(key=lambda run: runs.index((run["role"], run["database"])))
    n_failures = sum(len(run["failures"]) + len(run["errors"]) for run in found)
    figures = {
        "seed": arguments.seed,
        "cases": sum(run["cases"] for run in found),
        "failures": n_failures,
        "seconds": round(time.perf_counter() - started, 1),
        "runs": found,
    }
    out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _show(found, out)
    sys.exit(1 if n_failures else 0)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="requests a role and database")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--roles", nargs="+", choices=ROLES, default=ROLES)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    return parser.parse_args()


def _show(found: list[dict[str, Any]], out: Path) -> None:
    table = Table("role", "database", "requests", "a second", "checks", "failures", title=str(out))
    for run in found:
        table.add_row(
            run["role"],
            run["database"],
            f"{run['cases']}",
            f"{run['cases'] / run['seconds']:.0f}",
            f"{sum(run['checks'].values())}",
            f"{len(run['failures']) + len(run['errors'])}",
        )
    console = Console(width=160)
    console.print(table)
    for run in found:
        for error in run["errors"]:
            console.print(f"{run['role']} on {run['database']}: {error}")
    kinds: dict[tuple[str, str], dict[str, Any]] = {}
    for run in found:
        for failure in run["failures"]:
            kinds.setdefault((failure["check"], failure["operation"]), failure)
    for (check, operation), failure in kinds.items():
        console.print(f"\n[bold]{check}[/bold] {operation}", highlight=False)
        console.print(failure["detail"], failure["curl"], sep="\n", markup=False)
        console.print(f"{failure['status']} {failure.get('answer', '')}", markup=False)
        if failure.get("bug"):
            console.print(failure["bug"], markup=False)


if __name__ == "__main__":
    main()
