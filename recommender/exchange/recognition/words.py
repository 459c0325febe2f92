"""The words of HR's own files: headers, marks and answers, and what they mean here.

Headers are compared without case, width, spaces, numbering and remarks in brackets.
"""

from __future__ import annotations

from collections.abc import Mapping

Spellings = Mapping[str, tuple[str, ...]]

PERSON: Spellings = {
    "person_id": (
        "工号", "员工编号", "人员编号", "员工号", "职工号", "职工编号", "员工工号", "人员工号",
        "学员工号", "学员编号", "考生编号", "员工代码", "人员代码", "职员代码", "用户名", "登录名",
        "被评价人工号", "被评人工号", "学号", "账号", "登录账号",
        "employee id", "staff id", "staff no", "employee no", "employee number", "staff number",
        "personnel number", "id number", "username", "person_id",
    ),
    "name": (
        "姓名", "真实姓名", "名字", "员工姓名", "人员姓名", "学员姓名", "考生姓名", "参训人员",
        "参训人", "职工姓名",
        "学员", "考生", "员工", "人员", "被评价人", "被评价人姓名", "name", "full name",
        "employee name", "user full name", "fullname",
    ),
    "unit": (
        "单位", "所属单位", "公司", "分公司", "所在单位", "工作单位", "组织单元", "组织机构",
        "组织",
        "所属机构", "单位名称", "一级部门", "org_unit", "unit", "company", "branch",
    ),
    "department": (
        "部门", "所属部门", "所在部门", "科室", "部门名称", "团队", "班组", "二级部门",
        "department", "team", "division",
    ),
}  # fmt: skip

PEOPLE: Spellings = {
    **PERSON,
    "grade": (
        "职级", "岗位职级", "岗位级别", "岗级", "职务级别", "职级名称", "现职级", "级别",
        "岗位等级",
        "任职级别", "任职资格等级", "职位级别", "grade",
    ),
    "manager": (
        "直接上级", "直属领导", "直属上级", "上级", "上级姓名", "直接领导", "主管", "直接主管",
        "直属主管", "汇报对象", "上级工号", "主管工号", "上级领导", "部门负责人", "领导",
        "主管姓名",
        "manager", "manager_id", "line manager", "reports to", "supervisor",
    ),
    "hired_on": (
        "入职日期", "入职时间", "到岗日期", "入司时间", "入司日期", "入职年月日", "进入公司时间",
        "hired_on", "hire date", "date of hire", "joined on", "start date",
    ),
    "left_on": ("离职日期", "离职时间", "离岗日期", "left_on", "last day", "leave date"),
    "synthetic": ("合成数据", "示例数据", "synthetic"),
    "employment": ("在职状态", "人员状态", "员工状态", "在岗状态", "用工状态", "状态", "status"),
}  # fmt: skip

ASSESSED_ON = (
    "评估日期", "评估时间", "测评日期", "测评时间", "评定日期", "盘点日期", "盘点时间", "评审日期",
    "评价日期", "日期", "assessed_on", "assessment date", "assessed on", "date",
)  # fmt: skip
METHOD = (
    "评估方式", "评估方法", "测评方式", "评定方式", "评价方式", "method", "assessment method",
)  # fmt: skip
MATRIX: Spellings = {
    **PERSON,
    "assessed_on": ASSESSED_ON,
    "method": METHOD,
    "grade": (*PEOPLE["grade"], "岗位", "职务"),
}
ASSESSMENTS: Spellings = {
    **PERSON,
    "competency_id": (
        "能力项", "能力", "能力名称", "能力素质项", "素质项", "能力编号", "能力素质", "评估项",
        "测评项", "测评能力", "competency", "competency_id", "skill",
    ),
    "level": (
        "级别得分", "能力级别", "评估级别", "评估等级", "级别", "等级", "评估结果", "评定结果",
        "评定等级", "能力等级", "现有水平", "水平", "测评结果", "level", "assessed level",
    ),
    "standard_error": ("标准误", "standard_error", "standard error"),
    "method": METHOD,
    "assessed_on": ASSESSED_ON,
}  # fmt: skip

RATINGS: Spellings = {
    "person_id": (
        "工号", "被评价人工号", "被评人工号", "被评人编号", "被评价人编号", "被评价者工号",
        "被评分人工号", "person_id",
    ),
    "name": (
        "您评价的同事姓名", "被评价人姓名", "被评价人", "被评人", "被评人姓名", "被评价者",
        "评价对象",
        "被评估人", "被评分人", "被考核人", "受评人", "您要评价的人", "您评价的同事", "被评价同事",
        "被评价者姓名", "请选择被评价人", "请选择您要评价的同事", "姓名", "person rated", "ratee",
        "rated person", "who do you rate",
    ),
    "unit": ("被评价人单位", "单位", "所属单位"),
    "department": ("被评价人部门", "部门", "所属部门"),
    "rater_type": (
        "您与被评价人的关系", "与被评价人的关系", "与被评价人关系", "您与他的关系", "评价关系",
        "关系",
        "评分人类型", "评价人类型", "评价者类型", "评价者身份", "您的身份", "您是被评价人的",
        "与被评人关系", "与被评人的关系", "rater_type", "rater type", "relation", "relationship",
        "your relation",
    ),
    "rater": (
        "您的姓名", "评价人", "评价人姓名", "评分人", "评分人姓名", "评价者", "评价者姓名",
        "填写人",
        "填写人姓名", "评估人", "填表人", "您的名字", "您的工号", "评分人工号", "评价人工号",
        "评分人编号", "评价者编号", "rater", "rater_id", "your name", "rater name", "respondent",
    ),
    "rated_on": (
        "提交答卷时间", "提交时间", "填写时间", "答卷时间", "答题时间", "评分日期", "评价日期",
        "评价时间", "完成时间", "结束答题时间", "提交日期", "rated_on", "submitted", "submit time",
        "submission time", "completed at",
    ),
    "indicator_id": ("行为指标", "指标编号", "指标", "indicator_id", "indicator"),
    "competency_id": ("能力项", "能力", "能力名称", "competency_id", "competency"),
    "rating": ("评分", "得分", "打分", "rating", "score"),
}  # fmt: skip

# of questions in a questionnaire's own words, what they ask for
RATING_QUESTIONS: tuple[tuple[str, str], ...] = (
    ("rater_type", r"关系|您是(他|她|被评)|relation"),
    ("person_id", r"(被评|评价|评估|评分).*(工号|编号)"),
    ("name", r"(被评|受评|被考核|评价的|评估的|要评).*(人|同事|对象|姓名|谁|员工)|who.*rat"),
    ("rater", r"(您|你|本人|填写人|评价人|评分人)的?(姓名|名字|工号|编号)|your name"),
    ("rated_on", r"(提交|填写|答卷|答题|完成).*(时间|日期)|submi"),
)

SCORES: Spellings = {
    **PERSON,
    "sat_on": (
        "考试日期", "考试时间", "测试日期", "测试时间", "考核日期", "交卷时间", "日期", "提交时间",
        "完成时间", "sat_on", "exam date", "date", "completed",
    ),
    "exam_level": ("考试级别", "考试等级", "级别", "试卷级别", "exam_level", "exam level", "level"),
    "competency_id": ("能力项", "知识项", "competency_id", "competency"),
    "subject": ("科目", "考试科目", "科目名称", "subject"),
    "score": ("分数", "成绩", "得分", "考试成绩", "score", "grade/100.00"),
}  # fmt: skip

ENROLMENTS: Spellings = {
    **PERSON,
    "module_id": (
        "课程", "课程名称", "培训课程", "课程编号", "培训模块", "模块编号", "培训名称", "学习课程",
        "培训项目", "module_id", "course", "course name", "course title", "course short name",
    ),
    "offering_id": ("班次", "班次编号", "offering_id"),
    "status": (
        "状态", "完成状态", "学习状态", "培训结果", "培训状态", "是否完成", "完成情况", "学习结果",
        "学习进度", "进度",
        "status", "completion status",
    ),
    "enrolled_on": (
        "报名日期", "报名时间", "选课时间", "加入时间", "enrolled_on", "enrolled", "enrolment date",
    ),
    "completed_on": (
        "完成日期", "完成时间", "结业日期", "结业时间", "通过时间", "培训日期", "学习完成时间",
        "completed_on", "completion date", "time completed", "date completed", "course complete",
        "课程完成", "课程已完成", "课程完成时间", "课程完成日期",
    ),
}  # fmt: skip

SATISFACTION: Spellings = {
    "module_id": ENROLMENTS["module_id"],
    "offering_id": ENROLMENTS["offering_id"],
    "answered_on": (
        "提交答卷时间", "提交时间", "填写时间", "填写日期", "答卷时间", "答卷日期", "答题时间",
        "评价日期", "日期", "answered_on", "submitted", "submit time", "submission time", "date",
    ),
    "answer_id": ("答卷编号", "答卷序号", "序号", "编号", "answer_id", "no", "no.", "response id"),
    "satisfaction": (
        "满意度", "总体满意度", "整体满意度", "综合满意度", "满意度评分", "课程满意度",
        "培训满意度",
        "您对本次培训的总体满意度", "satisfaction", "overall satisfaction",
    ),
}  # fmt: skip
# of a question in the questionnaire's own words
SATISFACTION_QUESTION = (
    ("satisfaction", r"(总体|整体|综合).*(满意|评价)|(满意|评价).*(总体|整体)|overall.*satisf"),
)
# from 1 to 5; other words are asked about
SATISFACTION_WORDS: Mapping[str, int] = {
    "非常满意": 5, "很满意": 5, "very satisfied": 5,
    "满意": 4, "比较满意": 4, "satisfied": 4,
    "一般": 3, "基本满意": 3, "neutral": 3,
    "不满意": 2, "不太满意": 2, "dissatisfied": 2,
    "非常不满意": 1, "很不满意": 1, "very dissatisfied": 1,
}  # fmt: skip

FIGURES: Spellings = {
    **PERSON,
    "month": ("月份", "年月", "统计月份", "所属月份", "账期", "month"),
    "figure_id": ("业务指标", "业绩指标", "指标", "指标名称", "figure_id", "figure", "measure"),
    "value": ("数值", "指标值", "完成值", "业绩", "实际完成", "value", "amount"),
}  # fmt: skip

# columns that say nothing to us, by why
IGNORED: Spellings = {
    "number": ("序号", "编号", "no", "no.", "#", "序", "行号", "number"),
    "computed": (
        "总分", "合计", "平均分", "平均", "均分", "总计", "小计", "总评", "排名", "名次", "总得分",
        "达标率", "综合得分", "综合评分", "加权得分", "达标项数", "total", "average", "sum", "rank",
    ),
    "remark": (
        "备注", "说明", "备 注", "其他", "意见", "评语", "remark", "remarks", "notes", "comment",
    ),
    "personal": (
        "手机", "手机号", "手机号码", "电话", "联系电话", "联系方式", "邮箱", "电子邮箱", "email",
        "email address", "e-mail", "身份证号", "身份证号码", "性别", "年龄", "出生日期", "学历",
        "民族", "政治面貌", "籍贯", "职称", "毕业院校", "婚姻状况", "工龄", "司龄",
    ),
    "tool": (
        "来源", "来源详情", "来自ip", "所用时间", "答题时长", "填写时长", "提交人", "答卷编号",
        "开始时间", "开始答题时间", "浏览器", "操作系统", "地理位置", "ip", "duration",
    ),
}  # fmt: skip

TOTAL_ROWS = (
    "合计", "总计", "小计", "平均", "平均分", "平均值", "均分", "总人数", "人数合计", "达标率",
    "最高分", "最低分", "及格率", "应到", "实到", "total", "average", "mean", "sum",
)  # fmt: skip
STANDARD_ROWS = (
    "岗位标准", "标准", "目标", "目标水平", "目标级别", "岗位要求", "要求", "任职要求",
    "满分", "权重", "target", "standard",
)  # fmt: skip
REMARK_ROWS = (
    "注", "备注", "说明", "填表说明", "填报说明", "制表", "制表人", "填表人", "填报人", "审核",
    "审核人", "批准", "签字", "签名", "负责人", "讲师", "讲师签字", "日期", "联系人", "note",
    "notes", "remark", "prepared by",
)  # fmt: skip

# of an employment: somebody who is there, and somebody who has gone
EMPLOYED = frozenset((
    "在职", "在岗", "正式", "正式员工", "试用", "试用期", "实习", "合同制", "派遣",
    "active", "employed",
))  # fmt: skip
GONE = frozenset(
    ("离职", "已离职", "退休", "内退", "调出", "辞职", "离岗", "left", "inactive", "retired")
)

NOT_ASSESSED = frozenset((
    "", "/", "\\", "-", "–", "—", "——", "--", "未评", "未评估", "未测评", "未评定", "不适用", "n/a",
    "na", "无", "待评", "待评估", "暂无", "不涉及", "未参评", "未参加", "null", "none", "空",
    "not assessed", "not applicable",
))  # fmt: skip
NOT_OBSERVED = NOT_ASSESSED | frozenset((
    "未观察到", "未观察", "没有观察到", "不了解", "不清楚", "无法评价", "无法判断", "不确定",
    "没观察到",
    "(跳过)", "(空)", "跳过", "not observed", "unknown", "cannot say",
))  # fmt: skip
ABSENT = NOT_ASSESSED | frozenset((
    "缺考", "免考", "缺", "缓考", "未考", "未参考", "缺席", "作弊", "absent", "exempt", "excused",
))  # fmt: skip

RATING_WORDS: Mapping[str, int] = {
    "总是": 3, "一贯": 3, "always": 3,
    "经常": 2, "多数时候": 2, "大多数时候": 2, "mostly": 2, "often": 2, "usually": 2,
    "有时": 1, "sometimes": 1,
    "从不": 0, "从未": 0, "never": 0,
}  # fmt: skip
RELATIONS: Spellings = {
    "self": ("自评", "本人", "本人自评", "自己", "自我评价", "我本人", "self"),
    "manager": (
        "上级", "主管", "直接上级", "直属上级", "领导", "直属领导", "直接领导", "上级领导",
        "上级评价",
        "直接主管", "manager", "supervisor",
    ),
    "peer": (
        "同事", "同级", "同级同事", "平级", "平级同事", "同部门同事", "跨部门同事", "协作同事",
        "同级评价", "peer", "colleague",
    ),
    "customer": ("客户", "外部客户", "内部客户", "客户代表", "客户评价", "customer", "client"),
}  # fmt: skip

PRESENT = frozenset((
    "√", "✓", "✔", "☑", "v", "已到", "到", "出席", "出勤", "已签到", "已签", "签到", "参加", "是",
    "全勤", "已参加", "present", "attended", "yes", "y", "1", "ok",
))  # fmt: skip
EXCUSED = frozenset(("请假", "事假", "病假", "公假", "出差", "调休", "excused", "leave"))
MISSED = frozenset((
    "×", "x", "✗", "✘", "缺席", "缺勤", "未到", "旷课", "没来", "否", "未签到", "absent", "no", "n",
    "0", "未参加",
))  # fmt: skip
STATUSES: Spellings = {
    "completed": (
        "已完成", "完成", "学完", "已学完", "已结业", "结业", "通过", "已通过", "合格", "是",
        "completed", "complete",
        "passed", "yes", "100%", "finished", "completed (achieved pass grade)",
    ),
    "enrolled": ("已报名", "报名", "学习中", "进行中", "未开始", "enrolled", "in progress"),
    "cancelled": ("已取消", "取消", "退课", "退选", "cancelled", "canceled"),
    "no-show": ("缺席", "未到", "旷课", "no-show", "absent"),
}  # fmt: skip
NOT_COMPLETED = frozenset((
    "未完成", "否", "not completed", "incomplete", "no", "未通过", "failed", "不合格",
    "completed (did not achieve pass grade)",
))  # fmt: skip

COURSE_LABELS = (
    "课程名称", "课程", "培训课程", "培训名称", "培训主题", "培训内容", "培训项目", "主题",
    "course",
)  # fmt: skip
SIGNING = (
    "签到", "签名", "签字", "签退", "出勤", "到课", "到场", "出席", "考勤", "是否参加", "是否到场",
    "参加情况", "attendance", "signature", "上午", "下午", "第一天", "第二天",
)  # fmt: skip
