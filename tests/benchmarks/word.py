"""A hundred plans in Word, beside docxtpl filling the same template with the same values.

docxtpl alone draws no picture of the levels; ours has one in each document.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from recommender.documents import PlanDocument, make_template, render_plan_docx
from recommender.documents.word.placeholders import fill
from tests.benchmarks.measuring import Figure, measure

N_PLANS = 100
LANG = "zh-CN"


def make_plans() -> list[PlanDocument]:
    """Return plans of people whose names and levels differ, so that each picture is another."""
    sys.path.append(str(Path(__file__).parents[1] / "documents"))
    from plan_samples import plan_document

    document = plan_document(LANG)
    return [
        replace(
            document,
            name=f"合成人员{at}",
            code=f"IDP:plan-{at}:1:0123456789ab",
            items=tuple(replace(item, key=f"c{item.order}") for item in document.items),
            competencies=tuple(
                replace(row, level=None if row.level is None else row.level + at / 500)
                for row in document.competencies
            ),
        )
        for at in range(N_PLANS)
    ]


def ours() -> Callable[[], object]:
    """Prepare writing them; the template is made ready anew each time."""
    from recommender.documents.word.rendering import prepare

    plans = make_plans()

    def write() -> None:
        prepare.cache_clear()
        for plan in plans:
            render_plan_docx(plan, lang=LANG)

    return write


def bare() -> Callable[[], object]:
    """Prepare docxtpl's own way."""
    from docxtpl import DocxTemplate

    template = make_template(LANG)
    contexts = [{**fill(plan, lang=LANG), "radar": ""} for plan in make_plans()]

    def write() -> None:
        for context in contexts:
            document = DocxTemplate(io.BytesIO(template))
            document.render(context, autoescape=True)
            document.save(io.BytesIO())

    return write


def run() -> list[Figure]:
    """Measure; the seconds are those of all of them."""
    seconds, peak = measure(bare, repeats=1)
    beside = Figure(f"docxtpl alone, {N_PLANS} plans in Word", seconds, peak)
    seconds, peak = measure(ours)
    name = f"{N_PLANS} plans in Word, with pictures"
    return [beside, Figure(name, seconds, peak, beside.name, seconds / beside.seconds)]
