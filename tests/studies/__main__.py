"""Run a study: python -m tests.studies compare --estimator effect-model --settings small,large."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from . import comparing
from .histories import EVERY, GROUPS
from .routes import ROUTES


def main() -> None:
    """Read the command line, run, print and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies", description=__doc__)
    parser.add_argument("study", choices=["compare", "ablation"])
    parser.add_argument(
        "--estimator", default="effect-model", help="names or package.models:factory, with commas"
    )
    parser.add_argument(
        "--settings", default="ours", help=f"of {', '.join([*GROUPS, *EVERY])}, with commas"
    )
    parser.add_argument("--seeds", type=int, default=4, help="histories of each setting")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument(
        "--against",
        help=f"what differences are taken from; {comparing.OLD} or, of ablations, the whole",
    )
    parser.add_argument("--route", default="file", choices=ROUTES)
    parser.add_argument("--out", type=Path, help="folder for figures.json and table.md")
    given = parser.parse_args()
    names = [name for each in given.settings.split(",") for name in (GROUPS.get(each, [each]))]
    ablation = given.study == "ablation"
    against = given.against or ("effect-model" if ablation else comparing.OLD)
    wanted = comparing.ABLATIONS if ablation else filter(None, given.estimator.split(","))
    specs = list(dict.fromkeys([against, *wanted]))
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    figures = comparing.compare(specs, names, seeds, route=given.route)
    table = comparing.as_markdown(comparing.differences(figures, against), against)
    print(table)
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        figures.to_json(given.out / "figures.json", orient="records", indent=1)
        (given.out / "table.md").write_text(table, encoding="utf-8")


main()
