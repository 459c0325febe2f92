"""A hundred plans as PDF, beside typst alone setting the same template with the same values.

Ours begins with the plans themselves: figures put into words, marks for missing characters, the
picture of the levels. Two are set at a time: ours in processes that are started for it, as a job
does; those of typst alone on threads.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

from recommender.documents import render_each_plan_pdf, typesetting
from recommender.documents.plan import pdf
from tests.benchmarks.measuring import Figure, measure
from tests.benchmarks.word import LANG, N_PLANS, make_plans


def ours() -> Callable[[], object]:
    """Prepare setting them as a job does."""
    plans = make_plans()

    def write() -> None:
        assert len(list(render_each_plan_pdf(plans, lang=LANG))) == N_PLANS

    return write


def bare() -> Callable[[], object]:
    """Prepare what typst is handed, and have it set that."""
    import typst

    handed: list[tuple[dict[str, str], dict[str, Any]]] = []

    def keep(template: str, inputs: dict[str, str], **how: Any) -> bytes:
        handed.append((inputs, how))
        return b""

    plans = make_plans()
    with mock.patch.object(typesetting, "_compile", keep):
        for plan in plans:
            pdf.render_plan_pdf(plan, lang=LANG)
    assert len({json.dumps(inputs) for inputs, _ in handed}) == N_PLANS
    source = typesetting._TEMPLATES / "plan.typ"
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(typesetting.FONT_FOLDER)],
    )
    compilers = [
        typst.Compiler(input=str(source), root=str(source.parent), font_paths=fonts)
        for _ in range(typesetting.AT_ONCE)
    ]

    def set_some(at: int) -> None:
        for inputs, how in handed[at :: len(compilers)]:
            compilers[at].compile(sys_inputs=inputs, **how)

    def write() -> None:
        with ThreadPoolExecutor(len(compilers)) as pool:
            list(pool.map(set_some, range(len(compilers))))

    return write


def run() -> list[Figure]:
    """Measure; the seconds are those of all of them."""
    seconds, peak = measure(bare)
    beside = Figure(f"typst alone, {N_PLANS} plans as PDF", seconds, peak)
    seconds, peak = measure(ours)
    name = f"{N_PLANS} plans as PDF"
    return [beside, Figure(name, seconds, peak, beside.name, seconds / beside.seconds)]
