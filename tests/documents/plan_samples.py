"""Plan documents to try the pages on, in both languages."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from recommender.documents import (
    ActivityRow,
    CompetencyRow,
    EvidenceRow,
    LeftOutModule,
    PlanDocument,
    PlanItemRow,
    ServedGap,
)

AS_OF = dt.date(2026, 11, 2)
FRAMEWORK = {
    ("基本能力", "Basic abilities"): [
        ("成就导向", "Achievement orientation"),
        ("抗挫能力", "Resilience"),
        ("沟通倾听能力", "Communication and listening"),
        ("书面表达能力", "Written expression"),
        ("人际交往能力", "Interpersonal skills"),
        ("执行能力", "Execution"),
        ("情绪控制能力", "Emotional control"),
        ("协调能力", "Coordination"),
    ],
    ("专业/技术能力", "Professional and technical knowledge"): [
        ("通用基础知识", "General foundation knowledge"),
        ("专业基础知识", "Professional foundation knowledge"),
        ("岗位基础知识", "Job foundation knowledge"),
        ("岗位基本技能", "Basic job skills"),
    ],
    ("职能行为能力", "Functional behaviour"): [
        ("信息收集能力", "Information gathering"),
        ("需求分析能力", "Needs analysis"),
        ("定制策略能力", "Tailoring strategy"),
        ("主动营销能力", "Proactive marketing"),
        ("客户保持能力", "Customer retention"),
        ("客户关系能力", "Customer relationship"),
    ],
}
TARGETS = (2, 2, 3, 2.5, 3, 2, 2, 2.5, 2, 3, 3, 3, 2.5, 3, 2.5, 3, 3, 3)
LEVELS = (
    2.3,
    1.7,
    1.9,
    2.6,
    2.2,
    2.4,
    None,
    1.8,
    2.4,
    2.1,
    1.6,
    2.7,
    2.0,
    1.4,
    1.2,
    2.3,
    None,
    2.5,
)
WEIGHTS = (0.8, 0.7, 1.2, 0.8, 1.2, 0.9, 0.7, 1.0, 0.6, 1.1, 1.2, 1.1, 0.9, 1.4, 1.3, 1.4, 1.3, 1.2)


def competency_rows(lang: str) -> tuple[CompetencyRow, ...]:
    zh = lang != "en"
    rows = []
    names = [(c[not zh], n[not zh]) for c, group in FRAMEWORK.items() for n in group]
    for (category, name), target, level, weight in zip(
        names, TARGETS, LEVELS, WEIGHTS, strict=True
    ):
        if level is None:
            rows.append(CompetencyRow(category, name, target, weight))
            continue
        exam = "知识" in name or "knowledge" in name
        gap = max(0.0, target - level)
        rows.append(
            CompetencyRow(
                category,
                name,
                target,
                weight,
                level=level,
                standard_error=0.15 if exam else 0.22,
                gap=gap,
                confidence=min(0.997, max(0.02, 0.5 + gap * 0.6 if gap else 0.14)),
                priority=weight * gap,
                method=("考试" if exam else "多方评价") if zh else ("Exam" if exam else "Ratings"),
                assessed_on=dt.date(2026, 9, 12 if exam else 25),
                standing="gap" if gap >= 0.1 else "near" if gap else "met",
            )
        )
    return tuple(rows)


def plan_items(lang: str) -> tuple[PlanItemRow, ...]:
    zh = lang != "en"
    return (
        PlanItemRow(
            order=1,
            title="客户需求访谈与分析工作坊"
            if zh
            else "Interviewing for customer needs: a workshop",
            modality="面授" if zh else "Classroom",
            hours=12,
            cost=1800,
            starts_on=dt.date(2026, 11, 17),
            ends_on=dt.date(2026, 11, 18),
            place="省公司培训中心 3 号教室" if zh else "Provincial training centre, room 3",
            serves=(
                ServedGap(
                    "需求分析能力" if zh else "Needs analysis",
                    1.6,
                    0.52,
                    0.31,
                    0.73,
                    46,
                    "measured",
                ),
                ServedGap(
                    "沟通倾听能力" if zh else "Communication and listening",
                    1.1,
                    0.18,
                    -0.02,
                    0.38,
                    31,
                    "measured",
                ),
            ),
            reasons=(
                "弥补最大的一项差距：需求分析能力，优先级 2.24"
                if zh
                else "closes most of the largest gap: needs analysis, priority 2.24",
                "安排在第一位：每学时的预计提升最高，且是“政企方案定制实战”的先修课程"
                if zh
                else "comes first because it adds most per hour "
                "and “Tailoring enterprise solutions” builds on it",
            ),
            goal=("用五个追问问出业务目标",) if zh else ("Find the goal behind a requirement",),
            on_the_job="在手头工作中练习追问" if zh else "Practise follow-up questions at work",
            companion="直接上级 欧阳建国" if zh else "Line manager Ouyang Jianguo",
            measure="一次对练观察评分" if zh else "One observed practice round",
            review_on=dt.date(2026, 12, 23),
        ),
        PlanItemRow(
            order=2,
            title="政企方案定制实战" if zh else "Tailoring enterprise solutions",
            modality="行动学习" if zh else "Action learning",
            hours=16,
            cost=2400.5,
            starts_on=dt.date(2026, 12, 1),
            ends_on=dt.date(2027, 1, 12),
            serves=(
                ServedGap(
                    "定制策略能力" if zh else "Tailoring strategy",
                    1.3,
                    0.44,
                    0.12,
                    0.76,
                    0,
                    "pooled",
                ),
            ),
            reasons=(
                "在完成先修课程之后进行，弥补优先级 1.69 的差距"
                if zh
                else "follows its prerequisite and closes a gap of priority 1.69.",
            ),
        ),
        PlanItemRow(
            order=3,
            title="岗位基础知识线上课：计费与合同"
            if zh
            else "Job foundations online: billing and contracts",
            modality="在线" if zh else "Online",
            hours=7.5,
            cost=0,
            serves=(
                ServedGap(
                    "岗位基础知识" if zh else "Job foundation knowledge",
                    1.4,
                    0.4,
                    None,
                    None,
                    0,
                    "expert",
                ),
            ),
            reasons=(
                "不产生费用，弥补优先级 1.68 的差距"
                if zh
                else "costs nothing and closes a gap of priority 1.68",
            ),
        ),
    )


def plan_document(lang: str = "zh-CN") -> PlanDocument:
    """A plan as the demo makes it: gaps, two competencies to assess first, three modules."""
    zh = lang != "en"
    return PlanDocument(
        plan_id="plan-2026-000173",
        person_id="S00142",
        name="王䶮",
        org_unit="集团公司 / 浙江分公司 / 政企客户部"
        if zh
        else "Group / Zhejiang branch / Enterprise customers",
        grade="中级客户经理" if zh else "Account manager",
        manager="李建国",
        as_of=AS_OF,
        synthetic=True,
        status="draft",
        competencies=competency_rows(lang),
        evidence=(
            EvidenceRow(
                "抗挫能力" if zh else "Resilience",
                dt.date(2026, 9, 30),
                "失利后重新入围的项目" if zh else "Bids won after a defeat",
                2.0,
                "个" if zh else "bids",
            ),
        ),
        items=plan_items(lang),
        left_out=(
            LeftOutModule(
                "大客户关系经营高级班" if zh else "Advanced key account relationships",
                "起始水平 3.0 高于本人当前水平 2.5，尚不具备学习条件"
                if zh
                else "starts at level 3.0, more than half a level above the present 2.5",
            ),
            LeftOutModule(
                "投标与标书制作" if zh else "Bidding and tender documents",
                "加入后超出学时上限 40" if zh else "would exceed the 40 hours there are",
            ),
            LeftOutModule(
                "客户沟通技巧（线上）" if zh else "Customer communication online",
                "2026-03 已完成，24 个月内不重复安排"
                if zh
                else "completed in 2026-03, not repeated within 24 months",
            ),
        ),
        assess_first=("情绪控制能力", "客户保持能力")
        if zh
        else ("Emotional control", "Customer retention"),
        total_hours=35.5,
        total_cost=4200.5,
        hours_budget=40,
        cost_budget=8000,
        expected_gap_closed=2.08,
        objective="在学时和费用上限内弥补最多的加权差距"
        if zh
        else "the most weighted gap closed within the hours and the budget",
        model_id="m-20261030-4f2a91",
        catalog_digest="9f31c0d2a4be77015c66d0a1b2e3f4a5968778695a4b3c2d1e0f",
        level_names=("初级", "中级", "高级", "资深")
        if zh
        else ("Entry", "Intermediate", "Advanced", "Expert"),
        notes=(
            "人际交往能力的上级评价与客户评价相差超过一级，建议沟通后再作判断"
            if zh
            else "manager and customer ratings of Interpersonal skills differ by over one level",
        ),
        left_out_count=213,
        activities=(
            ActivityRow(
                kind="跟岗学习" if zh else "Shadowing",
                title="跟访两家重点客户" if zh else "Two visits to key customers",
                goal="观察后自己试做一次" if zh else "Watch, then try it",
                companion="客户部张老师" if zh else "Ms Zhang of key accounts",
                measure="交两份拜访纪要" if zh else "Two visit notes handed in",
                review_on=dt.date(2027, 1, 8),
                done_on=dt.date(2026, 12, 30),
                carried_over=True,
            ),
        ),
        review_on=dt.date(2027, 2, 16),
        progress="进度：4 项中已完成 1 项" if zh else "Progress: 1 of 4 items done",
    )


def with_competencies(document: PlanDocument, count: int) -> PlanDocument:
    """The same plan over a framework of `count` competencies."""
    rows = document.competencies
    many = tuple(
        replace(rows[i % len(rows)], category=rows[i * len(rows) // max(count, 1)].category)
        for i in range(count)
    )
    return replace(document, competencies=many)


def extreme_document(lang: str = "zh-CN") -> PlanDocument:
    """Long names everywhere, 25 items, every list full."""
    zh = lang != "en"
    long_name = (
        "阿卜杜热依木·买买提吐尔逊·" * 5
        if zh
        else "Wolfeschlegelsteinhausenbergerdorff von der Schönhausen-Ostpreußen"
    )
    long_title = "面向政企大客户的数字化转型方案设计与商务谈判综合能力提升高级研修班（第二期）" * 2
    if not zh:
        long_title = (
            "Advanced seminar in digital transformation design and "
            "commercial negotiation for enterprise customers, second series"
        )
    unbroken = "W" * 60
    document = plan_document(lang)
    rows = tuple(
        replace(
            row, name=(unbroken if i == 5 else (row.name + " · ") * 4)[:60], method=row.method * 3
        )
        for i, row in enumerate(document.competencies)
    )
    items = tuple(
        replace(
            item,
            order=order,
            title=unbroken if order == 4 else long_title,
            cost=123456.78,
            hours=999.5,
            place=long_name[:60],
            serves=tuple(
                replace(s, name=rows[(order + i) % 18].name, evidence_count=12345)
                for i, s in enumerate(item.serves * 2)
            ),
            reasons=item.reasons * 3,
            stage=f"{order // 9} {long_title}",
        )
        for order, item in enumerate((document.items * 9)[:25], 1)
    )
    return replace(
        document,
        name=long_name[:60],
        manager=long_name[:60],
        person_id="X" * 40,
        plan_id="p-" + "0123456789abcdef" * 4,
        org_unit=" / ".join(["集团公司某某分公司政企客户事业部重要客户中心"] * 4),
        grade=long_title[:60],
        competencies=rows,
        items=items,
        left_out=tuple(
            LeftOutModule(long_title, "，".join([document.left_out[0].reason] * 4))
            for _ in range(20)
        ),
        assess_first=tuple(row.name for row in rows if row.level is None) * 3,
        total_hours=24987.5,
        total_cost=3086419.5,
        hours_budget=25000,
        cost_budget=9999999,
        model_id="model-" + "abcdef0123456789" * 4,
        notes=document.notes * 6,
        path=long_title,
    )
