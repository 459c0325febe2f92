"""Whatever stands in a sheet: recognised, refused with a reason, and never a traceback."""

from __future__ import annotations

import contextlib
import datetime as dt

from exchange.recognition.corpus.shapes import C_NAMES, S_NAMES
from exchange.recognition.corpus.world import INDICATORS, LATEST, NAMES, PEOPLE, known, vocabulary
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import RecommenderError
from recommender.exchange.recognition.answers.files import propose_mapping
from recommender.exchange.recognition.answers.mapping import Mapping
from recommender.exchange.recognition.answers.wording import describe_question, describe_reading
from recommender.exchange.recognition.recognise import recognise
from recommender.exchange.recognition.unfolded import check_reading
from recommender.exchange.tables.sheets.sheet import ERROR_VALUE, UNCALCULATED, Sheet

WORDS, KNOWN = vocabulary(), known()
_HEADERS = (
    "工号 姓名 单位 部门 职级 直接上级 入职日期 状态 离职日期 评估日期 能力名称 等级 科目 成绩 "
    "考试级别 课程名称 完成时间 签到 上午 备注 被评价人 关系 您的姓名 提交时间 执行力 "
    "总分 6月18日 能力项"
)
_CELLS = (
    "/ 未评 √ × 请假 总是 从不 未观察到 缺考 达标 未达标 合计 注：略 2026-06-18 3月5日 =1+1 三级 "
    "初级 2026年6月18日-19日 20260618 86% 86分 上级 自评 已完成 离职 13/45 丢单复盘工作坊"
)
HEADERS = [
    *_HEADERS.split(),
    "",
    *C_NAMES[:3],
    *S_NAMES[:2],
    *(indicator.text.zh_cn for indicator in INDICATORS[:2]),
    INDICATORS[2].id,
]
CELLS = [
    *_CELLS.split(),
    *("", " ", "\u200e1", "9" * 400, *NAMES[:2], PEOPLE[0].person_id),
    *(0.0, 1.0, 2.5, 4.0, 99.0, 1e300, -1.0, True, float("inf")),
    dt.datetime(2026, 6, 18, 9, 30),  # noqa: DTZ001 - as a workbook holds it
    dt.date(2026, 6, 18),
    dt.time(9, 30),
    dt.timedelta(hours=1),
    ERROR_VALUE,
    UNCALCULATED,
]


@st.composite
def sheets(draw):
    """Sheets that look like HR's at the top and hold anything below."""
    width = draw(st.integers(1, 7))
    header = draw(st.lists(st.sampled_from(HEADERS), min_size=width, max_size=width))
    cells = st.sampled_from(CELLS)
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6))
    title = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=2))
    table = [*title, header, *rows]
    if draw(st.booleans()):
        table = [list(row) for row in zip(*table, strict=True)]
    return Sheet(draw(st.sampled_from(["", "表"])), table)


@settings(max_examples=200, deadline=None)
@given(st.lists(sheets(), min_size=1, max_size=2), st.booleans())
def test_anything_is_recognised_or_refused(found, answers_all):
    with contextlib.suppress(RecommenderError):
        reading = recognise("表.xlsx", found, WORDS, Mapping())
        for lang in ("zh-CN", "en"):
            assert describe_reading(reading, lang)
            assert propose_mapping(reading, lang)
        answers = Mapping()
        for question in reading.open_questions:
            assert describe_question(reading, question, "zh-CN")
            values = [option.value for option in question.options] or ["2026-06-18"]
            answers = answers.with_answer(question, values[-1 if answers_all else 0])
        reading = recognise("表.xlsx", found, WORDS, answers)
        if reading.table is not None:
            check_reading(reading, KNOWN, latest=LATEST)
