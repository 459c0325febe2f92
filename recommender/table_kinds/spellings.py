"""The spellings that are understood in cells with a choice."""

from __future__ import annotations

from collections.abc import Mapping

# of the spellings the first one is written into templates and files that go out
RATER_TYPES: Mapping[str, tuple[str, ...]] = {
    "self": ("自评", "本人", "self"),
    "manager": ("上级", "主管", "manager"),
    "peer": ("同事", "同级", "peer"),
    "customer": ("客户", "customer"),
}
ENROLMENT_STATUSES: Mapping[str, tuple[str, ...]] = {
    "enrolled": ("已报名", "报名", "enrolled"),
    "completed": ("已完成", "完成", "completed"),
    "cancelled": ("已取消", "取消", "cancelled"),
    "no-show": ("缺席", "未到", "no-show"),
}
YES_NO: Mapping[str, tuple[str, ...]] = {
    "yes": ("是", "yes", "true", "1"),
    "no": ("否", "no", "false", "0"),
}
MODALITIES: Mapping[str, tuple[str, ...]] = {
    "classroom": ("面授", "课堂", "classroom"),
    "online": ("在线", "线上", "online"),
    "coaching": ("在岗带教", "带教", "coaching"),
    "action-learning": ("行动学习", "action-learning"),
    "blended": ("混合式", "混合", "blended"),
    "simulation": ("模拟演练", "模拟", "simulation"),
    "certification": ("认证考试", "认证", "certification"),
}
