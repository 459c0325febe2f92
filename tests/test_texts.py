"""Every text is there in both languages, is asked for with the same values, and is used."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, get_args

from jinja2 import Environment, nodes
from pydantic_core.core_schema import ErrorType

import recommender
from recommender import errors
from recommender.candidates import Exclusion
from recommender.cli.app import CHINESE
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES, all_texts, hint, placeholders

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
    "account-state.": "cli.access.accounts: what an account can be used for",
    "activity.": "service.plans.development.words: by the kind of activity",
    "analysis.": "recommender.analysis: columns of tables, findings, sources",
    "batch.facts-": "exchange.parquet.facts: what is wrong with a value",
    "caution.": "service.recommend.wording: warnings that touch a module, by code",
    "catalog_document.": "documents.catalog.view and its template",
    "catalog_workbook.": "exchange: notes by number, faults by code",
    "console": "pages: by the key of a menu entry, a state, a kind",
    "cli.": "headings of tables, and the basis of an estimate",
    "document.": "documents.plan.view and its template",
    "fact.": "cli.printing.print_facts: columns, rater types",
    "retained.": "cli.privacy: tables that are kept for a time",
    "role.": "cli.access.keys: every role",
    "effectiveness.reason.": "service.effectiveness.wording: verdicts, what is lacking, by code",
    "evaluation.": "documents.evaluation.view, its template, and charts",
    "exclusion.": "answers.describe_exclusions: every reason but NONE",
    "effectiveness.decision.": "service.effectiveness.sheets: what to do with a course",
    "effectiveness.sheet.": "service.effectiveness.sheets, documents.effectiveness: by level",
    "effects.": "api.pages.effects: columns of the list",
    "expected.": "exchange.faults: what a cell should hold",
    "invalid.": "api.problems: what pydantic finds wrong with a field, by its type",
    "form.": "exchange.forms: answers, relations, heads of sheets",
    "help.": "api.pages.guide.manual: pages and their sections",
    "history.": "improvement.history: figures, notes and what is suspicious",
    "key-state.": "cli.access.keys and /keys: what a key can be used for",
    "left-out.": "service.left_out",
    "me.": "api.pages.me: facts, and where competencies stand",
    "menu.": "api.pages.menu: every entry and group",
    "method.": "paper.name_method: sources of a level",
    "notice.": "service.privacy.objections: each proposal, its data and its logic",
    "modality.": "every modality of a catalogue",
    "models.did.": "models/list.html.j2: promoted, against the verdict, rolled back",
    "model.": "improvement: faults of rows by code",
    "person.access.area.": "service.privacy.accesses: what an operation is about",
    "person.courses.": "people/overview.html.j2: what an estimate rests on",
    "person.rater.": "pages of a person: every type of rater",
    "person.record.is.": "people/history.html.j2: statuses of enrolments",
    "problem.": "api.problems: titles by status",
    "privacy_page.tab.": "api.pages.administration.privacy: every tab",
    "reason.": "planning, answers.explain_served: basis, place",
    "recognition.": "exchange.recognition.answers.wording: forms, reasons, questions by code",
    "registry.": "improvement.registry: verdicts and limits",
    "preview.": "service.people.report_words: lines, and how ids differ",
    "standards.": "documents.standards.view, pages and commands: methods, statuses, columns",
    "start.": "api.pages.guide.first_hour: the steps",
    "report.": "exchange.marked_copy: heads of the list",
    "table.unknown_": "exchange.references.unknown: what a column refers to",
    "standard-review.": "service.standards.wording, cli.organisation.standard_review",
    "unserved.": "plans.reasons: why a gap is left, obstacles by code",
    "watch.": "documents.watch.wording: measures, findings, bands of years, inputs by code",
    "word.placeholder.": "documents.word.placeholders: every name that a template may show",
    "template.": "exchange.templates: heads, titles and the columns of records",
}


@cache
def trees() -> dict[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for folder in (ROOT, ROOT.parent / "api")
        for path in sorted(folder.rglob("*.py"))
    }


@cache
def calls():
    """List (place, name, call) of every call in the product."""
    return [
        (
            f"{path.relative_to(ROOT.parent)}:{node.lineno}",
            getattr(node.func, "id", getattr(node.func, "attr", "")),
            node,
        )
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]


def literals(node: ast.AST | None):
    """Yield every string an expression may be: both sides of a condition, and no f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


@cache
def strings() -> set[str]:
    """Return every string of the product but its docstrings."""
    code = {
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return code | {
        node.value
        for tree in pages().values()
        for node in tree.find_all(nodes.Const)
        if isinstance(node.value, str)
    }


@cache
def pages() -> dict[str, nodes.Template]:
    """Return the templates of the console, parsed."""
    folder = ROOT.parent / "api" / "templates" / "console"
    return {
        f"{path.relative_to(folder)}": Environment().parse(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.j2"))
    }


@cache
def numbers() -> set[int]:
    """Return every whole number of the product."""
    return {
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) is int
    }


@cache
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


def parts(text: dict[str, Any]) -> list[dict[str, str]]:
    """Return what is said, how to mend it, and how at the command line."""
    return [text, *(text[name] for name in ("hint", "command") if name in text)]


def test_both_languages_ask_for_the_same_values():
    for key, text in TEXTS.items():
        assert set(text) <= {*LANGUAGES, "hint", "command"}, key
        for part in parts(text):
            assert set(part) >= set(LANGUAGES), key
            assert all(part[lang].strip() for lang in LANGUAGES), key
            # lists of choices differ by language on purpose
            asked = [
                {re.sub("_(zh|en)$", "", p) for p in placeholders(part[lang])} for lang in LANGUAGES
            ]
            assert asked[0] == asked[1] or key == "file.wrong_kind", key
        for part in parts(text)[1:]:
            assert set(part) == set(LANGUAGES), key
        # at the command line it takes the place of the other
        assert "hint" in text or "command" not in text, key


def test_languages_are_what_they_say():
    """English has no Chinese in it, and a Chinese sentence has some."""
    for key, text in TEXTS.items():
        for part in parts(text):
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
            for part in parts(TEXTS[key]):
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


def test_what_pages_say_has_a_text_and_its_values():
    """``t("key", name=…)`` in a template names a text and gives what the text asks for."""
    seen = 0
    for place, page in pages().items():
        for call in page.find_all(nodes.Call):
            asked = getattr(call.node, "name", "") == "t" and call.args
            if not asked or not isinstance(call.args[0], nodes.Const):
                continue
            seen += 1
            key = call.args[0].value
            assert key in TEXTS, f"{place}:{call.lineno}: {key}"
            given = {keyword.key for keyword in call.kwargs}
            for lang in LANGUAGES:
                missing = placeholders(TEXTS[key][lang]) - given
                assert not missing or call.dyn_kwargs, f"{place}:{call.lineno}: {key}: {missing}"
    assert seen > 20


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


# One word per idea: what is not said, and what is said instead. Patterns are searched for in what
# people read; names of fields and of values that are filled in are no words.
BANNED = {
    "zh-CN": {
        "模块": "课程",
        "非课程项": "发展活动",
        "期次": "班次",
        "岗位等级": "职级",
        "标识": "编号",
        "课时": "学时",
        "缺口|短板": "差距",
        "(?<!相)得分|当前级别|本人级别|目标级别|实测级别": "现有水平、目标水平",
        "加权(?!平均)": "按权重计",
        "收益|收效|增益|预期提升": "预计提升",
        "把握|置信度": "可信度",
        "置信区间": "90% 区间",
        "依据 ?{count} ?条记录": "参考样本 {count} 人次",
        "专家预估|基准(?!日)": "专家估计",
        "由同类": "同类推算",
        "通过率": "达标率",
        "测评率": "评估覆盖率",
        "先做评估|先评估：": "待评估",
        "权重分": "优先级",
        "培训单": "个人发展计划",
        "作业|陪伴人": "岗位实践、辅导人",
        "排除(?!故障)": "未推荐",
        "评分异常": "评分有分歧",
        "驳回|退回(?!修改)(?!计划)": "退回修改",
        "快照": "评估轮次",
        "上线|发布": "启用",
        "申诉|异议": "人工复核",
        # said to an employee, on pages of their own: keys that begin with `me.`
        "您": "本人",
        "True|False": "是、否",
    },
    "en": {
        "modules?": "course",
        "offerings?": "scheduled run",
        "weighted levels?|levels weighted": "levels, by weight",
        "sure below": "confidence",
        "confidence intervals?": "90 % range",
        "evidence counts?": "cases",
        "objections?": "request for review",
        "reject(ed|ion)?": "sent back",
        "re-assess\\w*": "reassess",
        "trainee|attendee": "participant",
        # as one translates, and not as one writes
        "anew|mend(ed)?|hand in|has to be|have to be|what lies outside|there are$": "plain English",
        "is no (?!longer)|are no (?!longer)": "is not a",
    },
}
# what a word of the code is called in a file, an address or a column
CODE = re.compile(r"{[^}]*}|`[^`]*`|(?:/v1)?/[a-z][\w/-]*|modules:|\b\w+_\w+\b")


def wordings() -> dict[str, dict[str, Any]]:
    """Return the texts of the catalogue package, which are kept as these are."""
    found: dict[str, dict[str, Any]] = {}

    def walk(prefix: str, table: dict[str, Any]) -> None:
        if "zh-CN" in table:
            found[prefix] = table
            return
        for name, value in table.items():
            walk(f"{prefix}.{name}", value)

    for file in (ROOT.parent / "training_catalog" / "wording").glob("*.toml"):
        walk(file.stem, tomllib.loads(file.read_text(encoding="utf-8")))
    return found


def test_one_word_per_idea():
    """Every text says 课程 and course, and so with each word of the table above."""
    for lang, words in BANNED.items():
        whole = r"(?<![\w-])(?:{})(?![\w-])" if lang == "en" else "{}"
        for pattern, instead in words.items():
            banned = re.compile(whole.format(pattern))
            for key, text in (TEXTS | wordings()).items():
                if pattern == "您" and key.startswith("me."):
                    continue
                for part in parts(text):
                    found = banned.search(CODE.sub("", part[lang]))
                    assert not found, f"{key}: {found and found.group()}, say {instead}"


def test_the_help_keeps_to_the_words_too():
    tables = tomllib.loads(CHINESE.read_text(encoding="utf-8"))
    tables.pop("errors")
    for english, chinese in (pair for table in tables.values() for pair in table.items()):
        for lang, said in (("zh-CN", chinese), ("en", english)):
            whole = r"(?<![\w-])(?:{})(?![\w-])" if lang == "en" else "{}"
            for pattern in BANNED[lang]:
                # `modules` and `offerings` are kinds of tables there, as they are typed
                text = re.sub("One of: .*|modules|offerings|package.module:factory", "", said)
                assert not re.search(whole.format(pattern), text), said


def test_headings_of_tables_keep_to_the_words_too():
    """What goes out says 课程; what comes in may be headed as it always was."""
    for kind in KINDS.values():
        for heading in (kind.title[0], *(column.headers[0] for column in kind.columns)):
            for pattern in set(BANNED["zh-CN"]) - {
                "(?<!相)得分|当前级别|本人级别|目标级别|实测级别"
            }:
                assert not re.search(pattern, heading), heading
    headers = {name for kind in KINDS.values() for c in kind.columns for name in c.headers}
    assert headers >= {"培训模块", "模块编号", "模块名称", "先修模块", "专家预估提升", "课程编号"}


# said by commands and in files for the command line alone
AT_THE_COMMAND_LINE = (
    "audit.",
    "catalog.",
    "catalog_workbook.",
    "check.",
    "cli.",
    "demo.",
    "model.bad-scale",
    "preview.",
    "privacy.say-yes",
    # of upgrade, backup and restore
    "store.in-use",
    "store.not-a-backup",
    "store.restore-",
)


def test_over_http_no_text_names_a_command():
    """What is not the command line's alone is said of operations and of what a user does."""
    named = re.compile(r"\brecommender [a-z]|(?<![\w-])--[a-z]|RECOMMENDER_|models? promote")
    for key, text in TEXTS.items():
        if key.startswith(AT_THE_COMMAND_LINE):
            continue
        for part in (text, text.get("hint", {})):
            for lang in LANGUAGES:
                said = re.sub("curl .*", "", part.get(lang, ""))
                assert not named.search(said), f"{key}: {said}"


def test_the_command_line_says_how_by_its_commands():
    for key, text in TEXTS.items():
        if "command" in text:
            for lang in LANGUAGES:
                assert re.search(r"recommender [a-z]|--[a-z]|RECOMMENDER_", text["command"][lang])
                values = dict.fromkeys(placeholders(text["command"][lang]), "x")
                assert hint(key, lang, command_line=True, **values) != hint(
                    key, lang, **dict.fromkeys(placeholders(text["hint"][lang]), "x")
                )
