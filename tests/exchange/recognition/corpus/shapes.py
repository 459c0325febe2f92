"""The shapes that HR's files have, a function each: what stands in the file, and what it means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from exchange.recognition.corpus.world import (
    COMPETENCIES,
    DAY,
    GRADES,
    INDICATORS,
    KNOWLEDGE,
    MODULE,
    NAMES,
    PEOPLE,
    SUBJECTS,
    UNIT,
    level_of,
    rating_of,
    score_of,
)

from recommender.exchange.recognition.answers.mapping import Mapping

Row = list[object]


@dataclass(frozen=True)
class Shape:
    """A file, what it means, and the answers that are right should it be asked about.

    Parameters
    ----------
    rows : list of list
        Its cells.
    kind : str
        The kind of table it is.
    records : set of tuple
        What it says, by `COMPARED` of the kind.
    answers : Mapping
        Right answers.
    file : str
        Its name, where that says something.
    """

    rows: list[Row]
    kind: str
    records: set[tuple[object, ...]]
    answers: Mapping = field(default_factory=Mapping)
    file: str = "表"


COMPARED = {
    "people": ("person_id", "name", "org_unit", "grade", "manager_id", "hired_on"),
    "assessments": ("person_id", "competency_id", "level", "assessed_on"),
    "ratings": ("person_id", "indicator_id", "rater_type", "rater_id", "rating", "rated_on"),
    "exams": ("person_id", "competency_id", "exam_level", "subject", "score", "sat_on"),
    "enrolments": ("person_id", "module_id", "status", "completed_on"),
    "satisfaction": ("module_id", "answered_on", "answer_id", "satisfaction"),
    "business-figures": ("person_id", "month", "figure_id", "value"),
}
HIRED = dt.date(2020, 3, 5)
LEVEL_NAMES = ("初级", "中级", "高级", "资深")
WORDS = ("从不", "有时", "经常", "总是")


# Rosters


def _people() -> set[tuple[object, ...]]:
    return {
        (
            p.person_id,
            p.name,
            p.unit,
            f"g{p.grade + 1}",
            (p.manager is not None and "90001") or None,
            HIRED,
        )
        for p in PEOPLE
    }


def _roster(
    header: Row,
    before: Sequence[Row] = (),
    after: Sequence[Row] = (),
    *,
    manager: Callable[[object], object] = lambda m: NAMES[0] if m is not None else None,
    unit: Callable[[object], Row] = lambda p: [UNIT, p.team],
    hired: object = HIRED,
    grade: Callable[[int], object] = lambda g: GRADES[g],
    number: Callable[[str], object] = lambda n: n,
) -> Shape:
    rows = [
        [at, number(p.person_id), p.name, *unit(p), grade(p.grade), manager(p.manager), hired]
        for at, p in enumerate(PEOPLE, 1)
    ]
    return Shape([*before, header, *rows, *after], "people", _people())


def roster_plain() -> Shape:
    return _roster(["序号", "工号", "姓名", "单位", "部门", "职级", "直接上级", "入职日期"])


def roster_with_title_and_total() -> Shape:
    return _roster(
        [
            "序号",
            "员工编号",
            "员工姓名",
            "所属单位",
            "所属部门",
            "岗位职级",
            "直属领导",
            "入职时间",
        ],
        [
            ["示例市分公司人员花名册（2026年11月）", *[None] * 7],
            ["填报单位：人力资源部", *[None] * 7],
        ],
        [["合计", None, len(PEOPLE), *[None] * 5]],
        hired="2020.03.05",
    )


def roster_with_short_grades() -> Shape:
    return _roster(
        ["序号", "人员编号", "姓名", "公司", "部门", "级别", "汇报对象", "入司日期"],
        grade=lambda g: LEVEL_NAMES[g],
        hired="2020年3月5日",
        number=int,
    )


def roster_with_manager_ids() -> Shape:
    return _roster(
        ["No.", "工号", "姓名", "部门", "职级", "上级工号", "入职日期"],
        manager=lambda m: "90001" if m is not None else None,
        unit=lambda p: [p.unit],
        hired="20200305",
    )


def roster_in_english() -> Shape:
    return _roster(
        [
            "No.",
            "Employee ID",
            "Name",
            "Company",
            "Department",
            "Grade",
            "Line manager",
            "Hire date",
        ],
        grade=lambda g: f"g{g + 1}",
        hired="2020-03-05",
    )


def roster_with_remarks_below() -> Shape:
    return _roster(
        ["序号", "工号", "姓名", "单位", "部门", "职级", "主管", "入职日期"],
        after=[
            [None] * 8,
            ["注：本表由人力资源部每月更新，有误请联系填表人。", *[None] * 7],
            ["制表人：示例", *[None] * 7],
        ],
        hired="2020/3/5",
    )


# Matrices of levels


def _levels(skip=()) -> set[tuple[object, ...]]:
    return {
        (PEOPLE[p].person_id, competency.id, float(level_of(p, c)), DAY)
        for p in range(len(PEOPLE))
        for c, competency in enumerate(COMPETENCIES)
        if (p, c) not in skip
    }


DAY_GIVEN = Mapping(given={"assessed_on": DAY.isoformat()})
C_NAMES = [c.name.zh_cn for c in COMPETENCIES]


def _matrix(show: Callable[[int], object] = lambda level: level) -> list[Row]:
    return [
        [p.person_id, p.name, p.unit, *(show(level_of(at, c)) for c in range(len(COMPETENCIES)))]
        for at, p in enumerate(PEOPLE)
    ]


def matrix_plain() -> Shape:
    rows = [["工号", "姓名", "部门", *C_NAMES], *_matrix()]
    return Shape(rows, "assessments", _levels(), DAY_GIVEN)


def matrix_with_dated_title() -> Shape:
    width = 2 + len(C_NAMES)
    title = ["政企客户经理能力评审结果（2026年6月30日）", *[None] * width]
    rows = [title, ["工号", "姓名", "部门", *C_NAMES], *_matrix()]
    return Shape(rows, "assessments", _levels())


def matrix_in_words() -> Shape:
    rows = [
        ["工号", "姓名", "部门", *C_NAMES, "评估日期"],
        *([*row, "2026年6月30日"] for row in _matrix(lambda level: LEVEL_NAMES[level - 1])),
    ]
    return Shape(rows, "assessments", _levels())


def matrix_with_marks() -> Shape:
    rows = _matrix()
    marks = (None, "/", "未评", "不适用", "—")
    skip = {(at, at % len(C_NAMES)) for at in range(len(marks))}
    for at, position in skip:
        rows[at][3 + position] = marks[at]
    head = ["工号", "姓名", "部门", *C_NAMES]
    return Shape([head, *rows], "assessments", _levels(skip=skip), DAY_GIVEN)


def matrix_with_totals() -> Shape:
    head = ["序号", "工号", "姓名", "部门", *C_NAMES, "平均分", "备注"]
    rows = [
        [at, *row, sum(float(str(c)) for c in row[3:]) / len(C_NAMES), None]
        for at, row in enumerate(_matrix(), 1)
    ]
    total = ["平均", None, None, None, *[2.5] * len(C_NAMES), 2.5, None]
    return Shape([head, *rows, total], "assessments", _levels(), DAY_GIVEN)


def matrix_in_two_tiers() -> Shape:
    upper = ["工号", "姓名", "部门", "基本能力", *[None] * (len(C_NAMES) - 1)]
    lower = [None, None, None, *C_NAMES]
    return Shape([upper, lower, *_matrix()], "assessments", _levels(), DAY_GIVEN)


def matrix_turned() -> Shape:
    rows = [["工号", "姓名", "部门", *C_NAMES], *_matrix()]
    return Shape(
        [list(row) for row in zip(*rows, strict=True)], "assessments", _levels(), DAY_GIVEN
    )


def matrix_by_name() -> Shape:
    rows = [["姓名", "单位", "部门", *C_NAMES]]
    rows += [[p.name, UNIT, p.team, *row[3:]] for p, row in zip(PEOPLE, _matrix(), strict=True)]
    # a day in the name of a file may be that of its export, and is only suggested
    return Shape(rows, "assessments", _levels(), DAY_GIVEN, file="能力盘点20260630")


def matrix_with_another_name() -> Shape:
    names = ["执行力" if name == "执行能力" else name for name in C_NAMES]
    rows = [["工号", "姓名", "部门", *names, "评估日期"], *([*row, DAY] for row in _matrix())]
    return Shape(rows, "assessments", _levels(), Mapping(columns={"执行力": "execution"}))


def matrix_in_english() -> Shape:
    head = ["Employee ID", "Name", "Department", *(c.name.en for c in COMPETENCIES), "Date"]
    rows = [head, *([*row, DAY] for row in _matrix())]
    return Shape(rows, "assessments", _levels())


def matrix_of_numbered_levels() -> Shape:
    rows = _matrix(lambda level: f"{level}级")
    head = ["工号", "姓名", "部门", *C_NAMES]
    return Shape([head, *rows], "assessments", _levels(), DAY_GIVEN)


def list_of_levels() -> Shape:
    rows: list[Row] = [["员工编号", "姓名", "能力名称", "评定等级", "评估方法", "测评日期"]]
    for p, person in enumerate(PEOPLE):
        rows += [
            [person.person_id, person.name, name, LEVEL_NAMES[level_of(p, c) - 1], "评审", DAY]
            for c, name in enumerate(C_NAMES)
        ]
    return Shape(rows, "assessments", _levels())


# Questionnaires


def _ratings(skip=()) -> set[tuple[object, ...]]:
    return {
        (
            p.person_id,
            indicator.id,
            "peer",
            PEOPLE[(at + 1) % 8].person_id,
            float(rating_of(at, i)),
            DAY,
        )
        for at, p in enumerate(PEOPLE)
        for i, indicator in enumerate(INDICATORS)
        if (at, i) not in skip
    }


def _forms(
    show: Callable[[int], object],
    header: Callable[[int, object], str],
    relation: str = "同级同事",
    skip: object = None,
) -> list[Row]:
    competency = COMPETENCIES[1].name.zh_cn
    heads = [header(at, f"{competency}—{i.text.zh_cn}") for at, i in enumerate(INDICATORS)]
    rows: list[Row] = [
        ["序号", "提交答卷时间", "所用时间", "来源", "来自IP", "1、您评价的同事姓名",
         "2、您与被评价人的关系", "3、您的姓名", *heads, "总分"],
    ]  # fmt: skip
    for at, p in enumerate(PEOPLE):
        rater = PEOPLE[(at + 1) % 8].name
        about: Row = [at + 1, "2026/6/30 14:35:07", "200秒", "微信", "127.0.0.1", p.name, relation]
        answers = [show(rating_of(at, i)) for i in range(len(INDICATORS))]
        rows.append([*about, rater, *answers, None])
    return rows


def forms_in_words() -> Shape:
    rows = _forms(lambda r: WORDS[r], lambda at, text: f"{at + 4}、{text}")
    return Shape(rows, "ratings", _ratings())


def forms_with_not_observed() -> Shape:
    rows = _forms(lambda r: WORDS[r], lambda at, text: f"{at + 4}、{text}")
    skip = {(0, 0), (1, 3), (5, 2)}
    for at, i in skip:
        rows[at + 1][8 + i] = "未观察到"
    return Shape(rows, "ratings", _ratings(skip))


def forms_from_0_to_3() -> Shape:
    rows = _forms(lambda r: r, lambda at, text: f"{at + 4}.{text}", "同事")
    return Shape(rows, "ratings", _ratings())


def forms_from_1_to_4() -> Shape:
    rows = _forms(lambda r: r + 1, lambda at, text: f"{at + 4}、{text}", "平级")
    answers = Mapping(values={"rating": {"scale": "1-4=0,1,2,3"}})
    return Shape(rows, "ratings", _ratings(), answers)


def forms_by_indicator_id() -> Shape:
    rows = _forms(lambda r: WORDS[r], lambda at, text: INDICATORS[at].id, "同级")
    return Shape(rows, "ratings", _ratings())


def forms_with_lettered_options() -> Shape:
    rows = _forms(
        lambda r: f"{'DCBA'[r]}.{WORDS[r]}",
        lambda at, text: f"{at + 4}、{text}（单选题）",
        "A.同级同事",
    )
    return Shape(rows, "ratings", _ratings())


def list_of_ratings() -> Shape:
    rows: list[Row] = [["被评价人", "行为指标", "评分", "评价关系", "评价人", "评价时间"]]
    for at, p in enumerate(PEOPLE):
        rater = PEOPLE[(at + 1) % 8].name
        rows += [
            [p.name, indicator.text.zh_cn, WORDS[rating_of(at, i)], "同级", rater, DAY]
            for i, indicator in enumerate(INDICATORS)
        ]
    return Shape(rows, "ratings", _ratings())


# Score sheets


def _scores(level: int, skip=()) -> set[tuple[object, ...]]:
    return {
        (p.person_id, KNOWLEDGE.id, float(level), subject.id, float(score_of(at, s)), DAY)
        for at, p in enumerate(PEOPLE)
        for s, subject in enumerate(SUBJECTS)
        if (at, s) not in skip
    }


LEVEL_GIVEN = Mapping(given={"exam_level": "2"})
S_NAMES = [subject.name.zh_cn for subject in SUBJECTS]


def _score_rows(day: object = DAY) -> list[Row]:
    return [
        [
            p.person_id,
            p.name,
            *([day] if day else []),
            *(score_of(at, s) for s in range(len(SUBJECTS))),
        ]
        for at, p in enumerate(PEOPLE)
    ]


def scores_plain() -> Shape:
    rows = [["工号", "姓名", "考试日期", *S_NAMES, "总分"], *([*row, 300] for row in _score_rows())]
    return Shape(rows, "exams", _scores(2), LEVEL_GIVEN)


def scores_with_absent() -> Shape:
    rows = _score_rows("2026-06-30")
    skip = {(0, 1), (3, 0), (4, 2)}
    for (at, s), mark in zip(sorted(skip), ("缺考", "免考", None), strict=True):
        rows[at][3 + s] = mark
    return Shape(
        [["学员工号", "学员姓名", "考试时间", *S_NAMES], *rows],
        "exams",
        _scores(2, skip),
        LEVEL_GIVEN,
    )


def scores_with_level() -> Shape:
    rows = [
        ["工号", "姓名", "日期", *S_NAMES, "考试级别"],
        *([*row, "二级"] for row in _score_rows()),
    ]
    return Shape(rows, "exams", _scores(2))


def scores_with_dated_title() -> Shape:
    title = ["2026年6月30日通用基础知识考试成绩", *[None] * 5]
    rows = [title, ["工号", "姓名", *S_NAMES], *_score_rows(None)]
    return Shape(rows, "exams", _scores(2), LEVEL_GIVEN)


def scores_in_points() -> Shape:
    rows = [row[:3] + [f"{score}分" for score in row[3:]] for row in _score_rows()]
    head = ["考生编号", "考生姓名", "考试日期", *S_NAMES]
    return Shape([head, *rows], "exams", _scores(2), LEVEL_GIVEN)


def list_of_scores() -> Shape:
    rows: list[Row] = [["员工编号", "姓名", "考试科目", "考试成绩", "考试等级", "考试时间"]]
    for row, p in zip(_score_rows(), PEOPLE, strict=True):
        rows += [
            [p.person_id, p.name, name, score, 2, DAY]
            for name, score in zip(S_NAMES, row[3:], strict=True)
        ]
    return Shape(rows, "exams", _scores(2))


# Attendance and completions


def _attended(there: Sequence[int], missed=(), excused=()) -> set[tuple[object, ...]]:
    return {
        (p.person_id, MODULE.id, status, DAY if status == "completed" else None)
        for at, p in enumerate(PEOPLE)
        for status, group in (("completed", there), ("no-show", missed), ("cancelled", excused))
        if at in group
    }


def _signed(head: Row, marks: Callable[[int], Row], before: Sequence[Row]) -> list[Row]:
    rows = [[at + 1, p.name, UNIT, p.team, *marks(at)] for at, p in enumerate(PEOPLE)]
    return [*before, ["序号", "姓名", "单位", "部门", *head], *rows]


def attendance_of_two_sessions() -> Shape:
    when: Row = ["培训时间：", "2026年6月29日-30日", None, None]
    before = [["培训签到表", *[None] * 6], ["课程名称：", MODULE.title.zh_cn, None, *when]]
    rows = _signed(["上午签到", "下午签到", "备注"], lambda at: ["√", "√", None], before)
    return Shape(rows, "enrolments", _attended(range(8)))


def attendance_in_part() -> Shape:
    about: Row = [f"课程：{MODULE.title.zh_cn}", None, None, "时间：2026.6.30", None, None]
    before = [["培训签到表", *[None] * 5], about]
    rows = _signed(["上午签到", "下午签到"], lambda at: ["√", None if at == 2 else "√"], before)
    answers = Mapping(values={"attendance": {"partial": "completed"}})
    return Shape(rows, "enrolments", _attended(range(8)), answers)


def attendance_with_absent() -> Shape:
    before = [[f"《{MODULE.title.zh_cn}》签到表（2026年6月30日）", *[None] * 4]]
    marks = {5: "缺席", 6: "请假", 7: None}
    rows = _signed(["签到"], lambda at: [marks.get(at, "✓")], before)
    return Shape(rows, "enrolments", _attended(range(5), missed=(5,), excused=(6,)))


def attendance_by_day() -> Shape:
    before = [["2026年培训考勤", *[None] * 5], ["课程名称", MODULE.title.zh_cn, *[None] * 4],
              ["培训时间", "6月29日至30日", *[None] * 4]]  # fmt: skip
    rows = _signed(["6月29日", "6月30日"], lambda at: ["已到", "已到"], before)
    return Shape(rows, "enrolments", _attended(range(8)))


def attendance_named_by_file() -> Shape:
    rows = _signed(["是否到场"], lambda at: ["是" if at < 6 else "否"], [])
    shape = _attended(range(6), missed=(6, 7))
    return Shape(rows, "enrolments", shape, file=f"签到表-{MODULE.title.zh_cn}-20260630")


def completions_of_an_lms() -> Shape:
    rows: list[Row] = [["学员编号", "学员姓名", "课程名称", "学习状态", "完成时间"]]
    for at, p in enumerate(PEOPLE):
        done = at < 6
        status = "已完成" if done else "未完成"
        rows.append([p.person_id, p.name, MODULE.title.zh_cn, status, DAY if done else None])
    return Shape(rows, "enrolments", _attended(range(6)))


def list_of_enrolments() -> Shape:
    rows: list[Row] = [["员工编号", "姓名", "培训课程", "学习状态", "报名时间"]]
    rows += [[p.person_id, p.name, MODULE.title.zh_cn, "已报名", DAY] for p in PEOPLE]
    enrolled = {(p.person_id, MODULE.id, "enrolled", None) for p in PEOPLE}
    return Shape(rows, "enrolments", enrolled)


def completions_of_moodle() -> Shape:
    rows: list[Row] = [["User full name", "ID number", "Email address", "Course complete"]]
    rows += [
        [
            p.name,
            p.person_id,
            f"{p.person_id}@example.cn",
            "Tuesday, 30 June 2026, 2:30 PM" if at < 5 else "",
        ]
        for at, p in enumerate(PEOPLE)
    ]
    return Shape(rows, "enrolments", _attended(range(5)), file=f"completion-{MODULE.title.zh_cn}")


def completions_of_moodle_in_chinese() -> Shape:
    rows: list[Row] = [["姓名", "用户名", "电子邮箱", "课程完成"]]
    rows += [
        [
            p.name,
            p.person_id,
            f"{p.person_id}@example.cn",
            "2026年06月30日 星期二 14:30" if at < 5 else "",
        ]
        for at, p in enumerate(PEOPLE)
    ]
    return Shape(rows, "enrolments", _attended(range(5)), file=f"progress.{MODULE.title.zh_cn}")


# Satisfaction, and business figures by month


def _satisfaction() -> set[tuple[object, ...]]:
    return {(MODULE.id, DAY, str(at), 5 - at % 5) for at in range(1, 7)}


def satisfaction_of_a_tool() -> Shape:
    header = [
        *("序号", "提交答卷时间", "所用时间", "来源", "姓名"),
        *("1、您对本次课程的总体满意度（1-5分）", "2、讲师授课", "3、您的建议"),
    ]
    rows: list[Row] = [
        [at, "2026/6/30 16:20:05", "35秒", "微信", NAMES[at], 5 - at % 5, 4, "无"]
        for at in range(1, 7)
    ]
    return Shape([header, *rows], "satisfaction", _satisfaction(), file=MODULE.title.zh_cn)


def satisfaction_in_words() -> Shape:
    words = ("非常满意", "满意", "一般", "不满意", "非常不满意")
    rows: list[Row] = [[at, MODULE.title.zh_cn, words[at % 5], "2026-06-30"] for at in range(1, 7)]
    header = ["答卷编号", "课程名称", "整体满意度", "填写日期"]
    return Shape([header, *rows], "satisfaction", _satisfaction())


def _figures(person: int, month: int) -> int:
    return 50_000 + person * 1000 + month * 10


def _figure_records(months: int) -> set[tuple[object, ...]]:
    return {
        (p.person_id, dt.date(2026, month, 1), "revenue", _figures(at, month))
        for at, p in enumerate(PEOPLE)
        for month in range(1, months + 1)
    }


def figures_by_month() -> Shape:
    header = ["序号", "工号", "姓名", *(f"{month}月" for month in range(1, 7)), "合计"]
    rows: list[Row] = [
        [
            at + 1,
            p.person_id,
            p.name,
            *(_figures(at, month) for month in range(1, 7)),
            sum(_figures(at, month) for month in range(1, 7)),
        ]
        for at, p in enumerate(PEOPLE)
    ]
    title: Row = ["2026年上半年客户经理收入完成情况", *[None] * 9]
    return Shape([title, header, *rows], "business-figures", _figure_records(6))


def figures_in_a_list() -> Shape:
    header = ["姓名", "部门", "统计月份", "指标名称", "完成值"]
    rows: list[Row] = [
        [p.name, p.team, f"2026年{month}月", "收入", _figures(at, month)]
        for at, p in enumerate(PEOPLE)
        for month in (1, 2)
    ]
    return Shape([header, *rows], "business-figures", _figure_records(2))


SHAPES = [
    function
    for name, function in list(globals().items())
    if name.startswith(
        (
            *("roster_", "matrix_", "list_of_", "forms_", "scores_", "attendance_", "completions_"),
            *("satisfaction_", "figures_"),
        )
    )
]
