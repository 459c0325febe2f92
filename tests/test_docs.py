"""What docs/ says is there: settings, sections of an export, operations, files, tests, links."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from serving import description

from recommender.service.permissions import Role
from recommender.service.privacy.personal_data import SECTIONS
from recommender.settings import Settings

ROOT = Path(__file__).parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
PRIVACY = ("privacy.md", "privacy.zh-CN.md")
OPERATIONS = {
    (method.upper(), path) for path, methods in description()["paths"].items() for method in methods
}


def text_of(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def code_in(text):
    """Return what stands between backquotes, but for the blocks of commands."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))


def rows(text):
    """Return the cells of each row of the tables."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]


@pytest.mark.parametrize("name", PRIVACY)
def test_every_period_is_named_with_its_length(name):
    periods = {field: info.default for field, info in Settings.model_fields.items()}
    for field, length in periods.items():
        if field.startswith("keep_"):
            named = [
                row for row in rows(text_of(name)) if f"RECOMMENDER_{field.upper()}" in row[-1]
            ]
            assert len(named) == 1, field
            unit = {
                "months": ("months", "个月"),
                "days": ("days", "天"),
                "hours": ("hours", "小时"),
            }
            words = unit[field.rsplit("_", 1)[1]]
            assert any(f"{length} {word}" in named[0][-1] for word in words), field


@pytest.mark.parametrize("name", PRIVACY)
def test_every_section_of_an_export_has_its_period(name):
    held = [
        (section, row[-1])
        for row in rows(text_of(name))
        for section in re.findall(r"`(\w+)`", row[0])
        if len(row) == 3
    ]
    assert sorted(section for section, _ in held) == sorted(SECTIONS)
    assert all(period for _, period in held)


@pytest.mark.parametrize("name", PRIVACY)
def test_every_role_is_said_to_read_something(name):
    told = [row[0] for row in rows(text_of(name)) if len(row) == 2]
    assert set(Role) <= set(told)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_operations_files_and_tests_are_there(page):
    for code in code_in(page.read_text(encoding="utf-8")):
        method, _, path = code.partition(" ")
        if path.startswith("/v1/"):
            assert (method, path.partition("?")[0]) in OPERATIONS, code
        elif re.match(r"(api|recommender|tests|deploy)/", code):
            file, _, test = code.partition("::")
            assert (ROOT / file).is_file(), code
            if test:
                tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
                assert test in {node.name for node in tree.body if hasattr(node, "name")}, code
        elif code.startswith("RECOMMENDER_"):
            assert code.removeprefix("RECOMMENDER_").lower() in Settings.model_fields, code


def test_links_lead_somewhere():
    for page in (*DOCS, ROOT / "README.md", ROOT / "README.zh-CN.md"):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not target.startswith("https://"):
                assert (page.parent / target).exists(), (page.name, target)


@pytest.mark.parametrize("name", ["privacy", "security"])
def test_both_languages_say_the_same(name):
    chinese, english = text_of(f"{name}.zh-CN.md"), text_of(f"{name}.md")
    for text in (chinese, english):
        assert text.startswith("# ")

    def names(text):
        found = set(code_in(text))
        return {code for code in found if re.fullmatch(r"[ -~]+", code) and "HASH" not in code}

    assert names(english) == names(chinese)
    assert [len(row) for row in rows(english)] == [len(row) for row in rows(chinese)]
    blocks = [re.findall(r"```sh api\n(.*?)```", text, re.S) for text in (english, chinese)]
    assert blocks[0] == blocks[1]
    for document in ("README.md", "README.zh-CN.md"):
        linked = f"docs/{name}{document.removeprefix('README')}"
        assert f"({linked})" in (ROOT / document).read_text(encoding="utf-8")


def test_a_person_is_they_in_english():
    """`The own grade` is no English, and `his` is no manager's in particular."""
    wrong = re.compile(r"\b(the own|he|him|his|himself|she|hers?|herself)\b", re.I)
    product = [ROOT / name for name in ("api", "recommender", "training_catalog", "docs")]
    files = [*ROOT.glob("*.md"), *(file for folder in product for file in folder.rglob("*"))]
    files = [file for file in files if file.suffix in (".py", ".md", ".toml", ".yaml", ".typ")]
    assert len(files) > 800
    lines = [(file, line) for file in files for line in file.read_text("utf-8").splitlines()]
    assert not [(file.name, line) for file, line in lines if wrong.search(line)]
