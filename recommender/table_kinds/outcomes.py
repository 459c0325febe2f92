"""Tables that tell whether modules work: what participants said, and what their work brought."""

from __future__ import annotations

from recommender.table_kinds.columns import Column, TableKind
from recommender.table_kinds.shared import MODULE, PERSON

# without a person, on purpose: who may be found out answers otherwise, and nobody needs to know
SATISFACTION = TableKind(
    "satisfaction",
    ("培训满意度", "Satisfaction"),
    (
        MODULE,
        # empty: which run it was is not known
        Column("offering_id", ("班次", "班次编号"), nullable=True, refers_to="offering"),
        Column(
            "answered_on",
            ("答卷日期", "填写日期", "评价日期"),
            "date",
            not_future=True,
            example="2026-03-02",
        ),
        # tells the answers of one day and run apart, such as the number that a questionnaire gives
        Column("answer_id", ("答卷编号", "答卷序号", "序号"), example="17"),
        Column(
            "satisfaction",
            ("满意度", "满意度评分", "总体满意度"),
            "number",
            measure="points",
            minimum=1,
            maximum=5,
            example="4",
        ),
    ),
    ("module_id", "offering_id", "answered_on", "answer_id"),
)

BUSINESS_FIGURES = TableKind(
    "business-figures",
    ("业务指标", "Business figures"),
    (
        PERSON,
        Column(
            "month", ("月份", "年月"), "date", monthly=True, not_future=True, example="2026-03-01"
        ),
        Column("figure_id", ("业务指标", "指标"), refers_to="figure", example="revenue"),
        Column("value", ("数值", "指标值"), "number", example="86000"),
    ),
    ("person_id", "month", "figure_id"),
)
