"""The kinds of tables, and the spellings that are understood in their cells."""

from __future__ import annotations

from collections.abc import Mapping

from recommender.table_kinds.columns import Column, TableKind
from recommender.table_kinds.outcomes import BUSINESS_FIGURES, SATISFACTION
from recommender.table_kinds.shared import COMPETENCY, MODULE, PERSON
from recommender.table_kinds.spellings import ENROLMENT_STATUSES, MODALITIES, RATER_TYPES, YES_NO

KINDS: Mapping[str, TableKind] = {
    kind.name: kind
    for kind in (
        TableKind(
            "people",
            ("人员", "People"),
            (
                # refers to nobody: this table is the one that brings people in
                Column("person_id", PERSON.headers, makes_ids=True, example="00012345"),
                Column("name", ("姓名",), example="示例人员"),
                Column("org_unit", ("组织单元", "部门", "单位"), example="示例分公司/政企客户部"),
                Column("grade", ("职级", "岗位级别", "级别"), refers_to="grade", example="g2"),
                Column(
                    "manager_id",
                    ("主管工号", "上级工号", "直接上级"),
                    nullable=True,
                    refers_to="person",
                ),
                Column(
                    "hired_on",
                    ("入职日期", "入职时间"),
                    "date",
                    nullable=True,
                    not_future=True,
                    example="2022-07-01",
                ),
                # may lie ahead: who leaves is known before
                Column("left_on", ("离职日期", "离职时间", "离岗日期"), "date", nullable=True),
                Column(
                    "synthetic",
                    ("合成数据", "示例数据"),
                    "choice",
                    nullable=True,
                    choices=YES_NO,
                    example="否",
                ),
            ),
            ("person_id",),
        ),
        TableKind(
            "assessments",
            ("评估结果", "Assessments"),
            (
                PERSON,
                COMPETENCY,
                Column(
                    "level",
                    ("级别得分", "能力级别", "评估级别"),
                    "number",
                    measure="level",
                    minimum=0,
                    maximum=4,
                    example="2.3",
                ),
                # empty: the catalogue has a standard error for each kind of competency. Not 0, as
                # the confidence of a gap divides by it
                Column(
                    "standard_error",
                    ("标准误",),
                    "number",
                    measure="level",
                    nullable=True,
                    minimum=1e-6,
                    maximum=4,
                ),
                Column("method", ("评估方式", "评估方法"), example="评审"),
                Column("assessed_on", ("评估日期",), "date", not_future=True, example="2026-03-01"),
            ),
            ("person_id", "competency_id", "assessed_on"),
        ),
        TableKind(
            "ratings",
            ("行为评分", "Ratings"),
            (
                PERSON,
                COMPETENCY,
                Column(
                    "indicator_id",
                    ("行为指标", "指标编号"),
                    refers_to="indicator",
                    example="resilience.1.1",
                ),
                Column(
                    "rater_type",
                    ("评分人类型", "评价者类型"),
                    "choice",
                    choices=RATER_TYPES,
                    example="上级",
                ),
                Column("rater_id", ("评分人", "评分人编号", "评价者编号"), example="00010001"),
                # empty: not observed, which is not the same as never
                Column(
                    "rating",
                    ("评分", "得分"),
                    "number",
                    measure="points",
                    whole=True,
                    nullable=True,
                    minimum=0,
                    maximum=3,
                    example="2",
                ),
                Column(
                    "rated_on",
                    ("评分日期", "评价日期"),
                    "date",
                    not_future=True,
                    example="2026-03-01",
                ),
            ),
            ("person_id", "competency_id", "indicator_id", "rater_type", "rater_id", "rated_on"),
        ),
        TableKind(
            "exams",
            ("考试成绩", "Exam results"),
            (
                PERSON,
                COMPETENCY,
                Column(
                    "exam_level",
                    ("考试级别",),
                    "number",
                    measure="level",
                    whole=True,
                    minimum=1,
                    maximum=4,
                    example="2",
                ),
                Column("subject", ("科目", "考试科目"), refers_to="subject"),
                Column(
                    "score",
                    ("分数", "成绩"),
                    "number",
                    measure="score",
                    minimum=0,
                    maximum=100,
                    example="86",
                ),
                Column("sat_on", ("考试日期",), "date", not_future=True, example="2026-03-01"),
            ),
            ("person_id", "competency_id", "exam_level", "subject", "sat_on"),
        ),
        # results of work with a figure, shown beside a level and never turned into one
        TableKind(
            "evidence",
            ("工作成果", "Evidence"),
            (
                PERSON,
                COMPETENCY,
                Column(
                    "achieved_on",
                    ("成果日期", "取得日期"),
                    "date",
                    not_future=True,
                    example="2026-03-01",
                ),
                Column("result", ("工作成果", "成果"), example="新签政企客户合同"),
                Column("figure", ("数值", "成果数值"), "number", example="12"),
                Column("unit", ("计量单位", "单位"), example="份"),
            ),
            ("person_id", "competency_id", "achieved_on", "result"),
        ),
        TableKind(
            "records",
            ("提升记录", "Improvement records"),
            (
                # refers to nobody: history outlives employment, and may be pseudonymous
                Column("person_id", PERSON.headers, example="00012345"),
                COMPETENCY,
                # empty: assessed again with no training in between, for comparison
                Column("module_id", MODULE.headers, nullable=True, refers_to="module"),
                Column(
                    "level_before",
                    ("培训前级别", "前测级别"),
                    "number",
                    measure="level",
                    minimum=0,
                    maximum=4,
                    example="1.4",
                ),
                Column(
                    "level_after",
                    ("培训后级别", "后测级别"),
                    "number",
                    measure="level",
                    minimum=0,
                    maximum=4,
                    example="1.9",
                ),
                Column("before_on", ("前测日期",), "date", not_future=True, example="2025-09-01"),
                Column("after_on", ("后测日期",), "date", not_future=True, example="2026-03-01"),
                Column(
                    "completed_on",
                    ("完成日期",),
                    "date",
                    nullable=True,
                    not_future=True,
                    example="2025-11-20",
                ),
                Column("org_unit", ("组织单元", "部门", "单位"), nullable=True),
            ),
            ("person_id", "competency_id", "module_id", "before_on", "after_on"),
        ),
        TableKind(
            "enrolments",
            ("培训报名", "Enrolments"),
            (
                PERSON,
                Column("module_id", MODULE.headers, refers_to="module"),
                Column("offering_id", ("班次", "班次编号"), nullable=True, refers_to="offering"),
                Column("status", ("状态",), "choice", choices=ENROLMENT_STATUSES, example="已完成"),
                # empty: the day of completion stands for it
                Column(
                    "enrolled_on",
                    ("报名日期",),
                    "date",
                    nullable=True,
                    not_future=True,
                    example="2026-01-10",
                ),
                Column(
                    "completed_on",
                    ("完成日期",),
                    "date",
                    nullable=True,
                    not_future=True,
                    example="2026-03-01",
                ),
            ),
            ("person_id", "module_id", "enrolled_on"),
        ),
        TableKind(
            "modules",
            ("课程", "Courses"),
            (
                # a slug, like the ids in the catalogue's files, which these modules are added to
                Column(
                    "module_id",
                    ("课程编号", "课程", "模块编号", "培训模块"),
                    slug=True,
                    example="local-visit-coaching",
                ),
                Column("title", ("课程名称", "名称", "模块名称"), example="拜访陪练"),
                Column(
                    "competency_ids",
                    ("能力项", "对应能力项"),
                    "ids",
                    refers_to="competency",
                    example="communication-listening;customer-relationship",
                ),
                Column(
                    "from_level",
                    ("起始级别",),
                    "number",
                    measure="level",
                    minimum=0,
                    maximum=4,
                    example="1",
                ),
                Column(
                    "to_level",
                    ("目标级别",),
                    "number",
                    measure="level",
                    minimum=0,
                    maximum=4,
                    example="2",
                ),
                Column(
                    "modality",
                    ("培训方式", "形式"),
                    "choice",
                    choices=MODALITIES,
                    example="在岗带教",
                ),
                # not 0: modules are ranked by what they add per hour, too
                Column(
                    "hours",
                    ("学时", "课时"),
                    "number",
                    measure="hours",
                    minimum=0.1,
                    maximum=1000,
                    example="8",
                ),
                Column(
                    "cost",
                    ("费用",),
                    "number",
                    measure="money",
                    minimum=0,
                    maximum=1_000_000,
                    example="600",
                ),
                Column(
                    "prerequisites",
                    ("先修课程", "先修模块"),
                    "ids",
                    nullable=True,
                    refers_to="module",
                ),
                Column(
                    "expert_improvement",
                    ("专家估计提升", "专家预估提升"),
                    "number",
                    measure="level",
                    nullable=True,
                    minimum=0,
                    maximum=4,
                ),
            ),
            ("module_id",),
        ),
        TableKind(
            "offerings",
            ("培训班次", "Offerings"),
            (
                Column(
                    "offering_id", ("班次", "班次编号"), makes_ids=True, example="2026-q4-visit-01"
                ),
                MODULE,
                # both days may lie in the future, and mostly do
                Column("starts_on", ("开始日期", "开班日期"), "date", example="2026-12-01"),
                Column("ends_on", ("结束日期",), "date", example="2026-12-02"),
                Column("place", ("地点",), nullable=True, example="示例培训中心"),
                # empty: the number is not limited
                Column(
                    "seats",
                    ("名额", "席位"),
                    "number",
                    measure="people",
                    whole=True,
                    nullable=True,
                    minimum=0,
                    maximum=100_000,
                    example="24",
                ),
                # whose HR may change it; empty: as it was, or the unit of whoever imports it
                Column(
                    "owner_unit",
                    ("主办部门", "主办单位"),
                    nullable=True,
                    example="示例分公司/政企客户部",
                ),
            ),
            ("offering_id",),
        ),
        SATISFACTION,
        BUSINESS_FIGURES,
    )
}

# who is to rate whom: read for rating forms, and not stored
RATERS = TableKind(
    "raters",
    ("评分人名单", "Raters"),
    (
        PERSON,
        Column(
            "rater_type",
            ("关系", "评分人类型", "评价者类型"),
            "choice",
            choices=RATER_TYPES,
            example="同事",
        ),
        Column(
            "rater_id", ("评分人工号", "评分人", "评分人编号", "评价者编号"), example="00010001"
        ),
        # of customers, who are not among the people stored
        Column("rater_name", ("评分人姓名", "评价者姓名"), nullable=True),
    ),
    ("person_id", "rater_type", "rater_id"),
)
