"""Scenarios worked out by hand, held against the core and against the oracle.

The scenarios are in `scenarios/*.yaml`; how they are written stands in `scenarios/README.md`.
"""

from datetime import date
from pathlib import Path

import pytest
import yaml
from scenario_answers import Case, by_the_core, by_the_oracle
from tiny_catalog import SUBJECTS

FOUR_DECIMALS = 0.5e-4 + 1e-12
FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = {
    f"{path.stem}: {scenario['title']}": scenario
    for path in sorted(FOLDER.glob("*.yaml"))
    for scenario in yaml.safe_load(path.read_text(encoding="utf-8"))
}
KEYS = {"标题", "title", "计算", "worked", "as_of", "targets", "ratings", "exams", "imported"}
KEYS |= {"modules", "ask", "expect", "targets_g2", "standards"}
ASKED = {"objective", "hours", "cost", "must", "without", "modalities", "path"}
ASKED |= {"target_grade", "shortest"}
ROW_KEYS = {
    "standards": {"from", "targets"},
    "ratings": {"of", "day", "by", "rater", "L1", "L2", "L3", "L4"},
    "exams": {"of", "exam", "day", *SUBJECTS},
    "imported": {"of", "day", "level", "standard_error"},
    "modules": {"id", "for", "from", "to", "improves", "serves", "hours", "cost", "needs"}
    | {"completed", "retired", "grades", "modality"},
}


def test_scenario(subtests):
    for scenario in SCENARIOS.values():
        for title, calculate in {
            "core": by_the_core,
            "oracle": by_the_oracle,
        }.items():
            with subtests.test(title=title, scenario=scenario):
                found, expected = calculate(Case(scenario)), scenario["expect"]
                for name, values in expected.get("levels", {}).items():
                    for key, value in values.items():
                        at = found["levels"][name][key]
                        if isinstance(value, bool | date | str):
                            assert at == value, (name, key)
                        else:
                            assert at == pytest.approx(value, abs=FOUR_DECIMALS), (name, key)
                for name, reason in expected.get("excluded", {}).items():
                    assert reason in found["excluded"][name]
                assert set(expected.get("excluded", found["excluded"])) == set(found["excluded"])
                for name, value in expected.get("closes", {}).items():
                    assert found["closes"][name] == pytest.approx(value, abs=FOUR_DECIMALS)
                if "plan_closes" in expected:
                    assert found["plan_closes"] == pytest.approx(
                        expected["plan_closes"], abs=FOUR_DECIMALS
                    )
                for key in (
                    "assess_first",
                    "incomplete",
                    "priorities",
                    "ranking",
                    "plan",
                    "unserved",
                ):
                    if key in expected:
                        assert found[key] == expected[key]


def test_scenario_is_well_formed(subtests):
    """A misspelt key would otherwise check nothing."""
    for scenario in SCENARIOS.values():
        with subtests.test(scenario=scenario):
            assert set(scenario) <= KEYS
            assert {"标题", "title", "计算", "worked", "targets", "expect"} <= set(scenario)
            assert set(scenario.get("ask", {})) <= ASKED
            case = Case(scenario)
            known = by_the_oracle(case)
            assert set(scenario["expect"]) <= known.keys() | {"plan_closes", "unserved"}
            for kind, keys in ROW_KEYS.items():
                for row in scenario.get(kind, ()):
                    assert set(row) <= keys
                    assert row.get("of", case.names[0]) in case.names


def test_titles_are_unique():
    count = sum(
        len(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in FOLDER.glob("*.yaml")
    )
    assert len(SCENARIOS) == count
    assert len({s["标题"] for s in SCENARIOS.values()}) == count
