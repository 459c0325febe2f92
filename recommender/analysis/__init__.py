"""What the notebooks share: where a history comes from, tables and charts for an analyst.

The notebooks only show; what they show is computed here, so that it can be tested.
"""

from recommender.analysis.charts import evaluation_charts, set_chart_style, write_report
from recommender.analysis.effects import compare_effects, effect_by_level, effect_table, judge_later
from recommender.analysis.tables import history_tables, in_words, loop_table, score_table
from recommender.analysis.workbench import Workbench, open_workbench

__all__ = [
    "Workbench",
    "compare_effects",
    "effect_by_level",
    "effect_table",
    "evaluation_charts",
    "history_tables",
    "in_words",
    "judge_later",
    "loop_table",
    "open_workbench",
    "score_table",
    "set_chart_style",
    "write_report",
]
