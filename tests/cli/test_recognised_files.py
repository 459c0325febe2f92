"""HR's own five files, from the roster to a plan, over the command line and without Python.

The people in the files are made up. Nothing is turned or renamed before the import.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine

import training_catalog

FILES = Path(__file__).parents[1] / "exchange" / "recognition" / "files"
ROSTER, MATRIX, FORMS, SCORES, SIGNED = (next(FILES.glob(f"{letter}-*.xlsx")) for letter in "ABCDE")
TELECOM = Path(training_catalog.__file__).parent / "data" / "telecom"


@pytest.fixture
def hr(tmp_path, monkeypatch) -> CommandLine:
    """Call the command line on an empty database, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    call = CommandLine(tmp_path / "hr.db", TELECOM)
    assert call("db", "upgrade").code == 0
    return call


def fill_in(path: Path, answers: dict[str, str]) -> Path:
    """Fill in a proposed mapping as one would in an editor."""
    text = path.read_text(encoding="utf-8")
    for subject, answer in answers.items():
        assert f'"{subject}": ""' in text, text
        text = text.replace(f'"{subject}": ""', f'"{subject}": "{answer}"')
    path.write_text(text, encoding="utf-8")
    return path


def answered(call: CommandLine, file: Path, answers: dict[str, str]) -> dict:
    """Import a file by its proposed mapping."""
    mapping = Path(f"{file.stem}.yaml")
    assert call("import", file, "--propose-map", mapping).code == 0
    done = call("import", file, "--map", fill_in(mapping, answers), "--json")
    assert done.code == 0, done.err
    return done.json


@pytest.mark.slow
def test_five_files_become_a_plan(hr):
    roster = hr("import", ROSTER)
    assert roster.code == 0, roster.err
    assert "花名册（工作表“花名册”，表头在第 3 行），按“人员”导入，共 30 条" in roster.out
    assert "直属领导 → 主管工号" in roster.out
    assert "手机号码（个人信息，不需要）" in roster.out
    assert "第 34 行“合计”（合计行）" in roster.out
    # managers by name, short grades, three ways to write a day
    people = hr("db", "check").code
    assert people == 0

    # two people of the same name: the export does not say which, so each form is asked about
    refused = hr("import", FORMS)
    assert refused.code == 1
    assert "有不止一位王静，第 18 行是哪一位" in refused.out
    twins = {f"王静@{row}": "10025" if row < 22 else "10026" for row in range(18, 26)}
    forms = answered(hr, FORMS, {**twins, "rater:王静": "王静"})
    assert (forms["kind"], forms["inserted"]) == ("ratings", 5463)

    matrix = answered(hr, MATRIX, {"assessed_on": "2026-06-30"})
    assert (matrix["kind"], matrix["inserted"]) == ("assessments", 18)
    scores = answered(hr, SCORES, {"exam_level": "1"})
    assert (scores["kind"], scores["inserted"]) == ("exams", 4)
    signed = answered(hr, SIGNED, {"partial": "completed"})
    assert (signed["kind"], signed["inserted"]) == ("enrolments", 14)

    gaps = {
        found["competency_id"]: found
        for found in hr("gaps", "10021", "--json").json["competencies"]
    }
    assert gaps["general-knowledge"]["level"] == 1.0
    assert gaps["execution"]["level"] == 0.0
    assert gaps["resilience"]["level"] is not None
    plan = hr("plan", "10021", "--json")
    assert plan.code == 0, plan.err
    assert plan.json["items"]


def test_the_next_file_of_a_source_goes_in_unasked(hr):
    assert hr("import", ROSTER).code == 0
    answered(hr, SIGNED, {"partial": "completed"})
    again = hr("import", SIGNED)
    assert again.code == 0
    assert "有 1 处沿用上次对同一来源的回答" in again.out
    assert "14 行无变化" in again.out


def test_nothing_is_imported_while_a_question_is_open(hr):
    assert hr("import", ROSTER).code == 0
    refused = hr("import", SIGNED, "--json")
    assert refused.code == 1
    assert refused.json["error"]["code"] == "recognition.open"
    assert "--propose-map" in refused.json["error"]["hint"]
    assert hr("import", SIGNED, "--dry-run").code == 1


def test_a_kind_may_stand_before_the_file(hr):
    assert hr("import", "people", ROSTER, "--json").json["inserted"] == 30
    # what is asked for is what is missed, where the file is something else
    wrong = hr("import", "modules", ROSTER)
    assert wrong.code == 1
    assert "课程" in wrong.err
    for words in ((), ("people",), ("people", ROSTER, ROSTER)):
        assert hr("import", *words).code != 0


def test_a_proposed_mapping_overwrites_nothing(hr):
    Path("m.yaml").write_text("kind: people\n", encoding="utf-8")
    assert hr("import", ROSTER, "--propose-map", "m.yaml").code == 1
    assert Path("m.yaml").read_text(encoding="utf-8") == "kind: people\n"
