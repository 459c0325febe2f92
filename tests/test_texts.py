"""Every text is there in both languages, is asked for with the same values, and is used."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import get_args

from pydantic_core.core_schema import ErrorType

import recommender
from recommender import errors
from recommender.candidates import Exclusion
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES, all_texts, placeholders

ROOT = Path(recommender.__file__).parent
ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.RecommenderError)
} - {"TableFaultsError"}
PYDANTIC = {"missing", "json_invalid", *get_args(ErrorType)}
# calls whose first argument is the key of a text
SAYING = {"say", "hint", "print", "TableFault", "Problem", *ERRORS}
KEY = re.compile(r"[a-z][a-z-]*(\.[a-z_-]+)+")
# families whose keys are put together, and where; the rest of a key stands somewhere by itself
FAMILIES = {
    "analysis.": "recommender.analysis: columns of tables, findings, sources",
    "catalog_document.": "documents.catalog.view and its template",
    "catalog_workbook.": "exchange: notes by number, faults by code",
    "cli.": "headings of tables, and the basis of an estimate",
    "document.": "documents.plan.view and its template",
    "evaluation.": "documents.evaluation.view, its template, and charts",
    "exclusion.": "answers.describe_exclusions: every reason but NONE",
    "expected.": "exchange.faults: what a cell should hold",
    "invalid.": "api.problems: what pydantic finds wrong with a field, by its type",
    "history.": "improvement.history: figures, notes and what is suspicious",
    "left-out.": "service.left_out",
    "method.": "paper.name_method: sources of a level",
    "notice.": "service.privacy.objections: each proposal, its data and its logic",
    "modality.": "every modality of a catalogue",
    "model.": "improvement: faults of rows by code",
    "problem.": "api.problems: titles by status",
    "reason.": "planning, answers.explain_served: basis, place",
    "registry.": "improvement.registry: verdicts and limits",
    "report.": "exchange.marked_copy: heads of the list",
    "table.unknown_": "exchange.references.unknown: what a column refers to",
    "unserved.": "plans.reasons: why a gap is left, obstacles by code",
    "template.": "exchange.templates: heads, titles and the columns of records",
}


@cache
def trees() -> dict[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for folder in (ROOT, ROOT.parent / "api")
        for path in sorted(folder.rglob("*.py"))
    }


def calls():
    """Yield (place, name, call) of every call in the product."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                yield f"{path.relative_to(ROOT.parent)}:{node.lineno}", name, node


def literals(node: ast.AST | None):
    """Yield every string an expression may be: both sides of a condition, and no f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def strings() -> set[str]:
    """Return every string of the product but its docstrings."""
    return {
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def numbers() -> set[int]:
    """Return every whole number of the product."""
    return {
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) is int
    }


def templates() -> list[re.Pattern[str]]:
    """Return a pattern for every f-string that looks like a key."""
    found = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(
                    re.escape(part.value) if isinstance(part, ast.Constant) else "[a-z_.-]+"
                    for part in node.values
                )
                if re.match(r"[a-z_\\-]+\\\.", text):
                    found.add(text)
    return [re.compile(text) for text in sorted(found)]


TEXTS = all_texts()


def test_both_languages_ask_for_the_same_values():
    for key, text in TEXTS.items():
        assert set(text) <= {*LANGUAGES, "hint"}, key
        for part in (text, text.get("hint")):
            if part is None:
                continue
            assert set(part) >= set(LANGUAGES), key
            assert all(part[lang].strip() for lang in LANGUAGES), key
            # lists of choices differ by language on purpose
            asked = [
                {re.sub("_(zh|en)$", "", p) for p in placeholders(part[lang])} for lang in LANGUAGES
            ]
            assert asked[0] == asked[1] or key == "file.wrong_kind", key
        if "hint" in text:
            assert set(text["hint"]) == set(LANGUAGES), key


def test_languages_are_what_they_say():
    """English has no Chinese in it, and a Chinese sentence has some."""
    for key, text in TEXTS.items():
        for part in (text, text.get("hint", {})):
            assert not re.search("[\u3400-\u9fff，。；：（）「」]", part.get("en", "")), key
            chinese = re.sub(r"{\w+}", "", part.get("zh-CN", ""))
            symbol = part.get("zh-CN") == part.get("en")
            assert symbol or re.search("[\u3400-\u9fff]|^\\W*$|^[A-Z]+：?$", chinese), key


def test_errors_have_texts_and_hints():
    """Whatever is raised can be said, with the values that the text asks for."""
    seen = 0
    for place, name, call in calls():
        if name not in ERRORS or not call.args:
            continue
        for key in literals(call.args[0]):
            seen += 1
            assert key in TEXTS, place
            assert "hint" in TEXTS[key] or key.endswith("report.how"), f"{place}: no hint: {key}"
            if any(keyword.arg is None for keyword in call.keywords):
                continue
            given = {keyword.arg for keyword in call.keywords}
            for part in (TEXTS[key], TEXTS[key]["hint"]):
                for lang in LANGUAGES:
                    assert placeholders(part[lang]) <= given, f"{place}: {key} in {lang}"
    assert seen > 25


def test_codes_in_tables_of_codes_have_texts():
    """Keys that stand alone in the code, such as the failures of a database driver."""
    for text in strings():
        if re.fullmatch(r"(store|file|table)\.[a-z_-]*[a-z]", text):
            assert text in TEXTS, text


def test_what_is_said_has_a_text():
    for place, name, call in calls():
        if name not in SAYING - ERRORS or not call.args:
            continue
        for key in literals(call.args[0]):
            if KEY.fullmatch(key) and key.split(".")[0] in {k.split(".")[0] for k in TEXTS}:
                assert key in TEXTS, place


@cache
def words() -> set[str]:
    """Return what stands by itself in the code and in the templates of documents and pages."""
    found = set()
    for text in strings():
        found |= {text, *text.split(".")}
    for folder in (ROOT, ROOT.parent / "api"):
        for path in folder.rglob("*"):
            if path.suffix in (".typ", ".html", ".j2"):
                found |= set(re.findall(r"[\w-]+", path.read_text(encoding="utf-8")))
    return found


def test_every_text_is_used():
    said, patterns = strings(), templates()
    unused = []
    for key in TEXTS:
        if key in said or any(pattern.fullmatch(key) for pattern in patterns):
            continue
        last = key.rsplit(".", 1)[1]
        if key.startswith("problem.") and int(last) in numbers():
            continue
        if key.startswith("invalid.") and last in PYDANTIC:
            continue
        # a number, or the first or last word of two, may come from elsewhere
        parts = {last, last.rsplit("_", 1)[0] + "_", last.split("_", 1)[-1]}
        if not (key.startswith(tuple(FAMILIES)) and parts & words()):
            unused.append(key)
    assert unused == []


def test_families_are_those_that_are_known():
    """A text that only an f-string reaches belongs to a family listed above."""
    said = strings()
    loose = [key for key in TEXTS if key not in said and not key.startswith(tuple(FAMILIES))]
    assert loose == []


def test_members_of_families_are_reached():
    names = {part.rsplit(".")[-1] for part in strings()} | strings()
    for exclusion in Exclusion:
        assert (f"exclusion.{exclusion.code}" in TEXTS) == (exclusion is not Exclusion.NONE)
    for kind in KINDS.values():
        for column in kind.columns:
            assert f"template.column.{column.name}" in TEXTS or column.name == "synthetic"
            if column.refers_to:
                assert f"table.unknown_{column.refers_to}" in TEXTS
                assert f"expected.known_{column.refers_to}" in TEXTS
    for key in TEXTS:
        if key.startswith(("left-out.", "reason.", "expected.", "report.", "cli.")):
            last = key.split(".", 1)[1]
            reached = {last, key, last.removeprefix("known_"), last.removeprefix("list_")}
            reached |= {last.removeprefix("basis-")}
            assert reached & names, key
