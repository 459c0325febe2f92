"""Help and errors of usage are in the language asked for, in every command."""

from __future__ import annotations

import re
import tomllib

import pytest
from typer.testing import CliRunner

from recommender.cli.app import CHINESE, COMMANDS, HEADINGS, app, load_command

TABLES = tomllib.loads(CHINESE.read_text(encoding="utf-8"))
TEXTS = TABLES["commands"] | TABLES["options"] | TABLES["words"]


def call(*words: str, **environment: str):
    return CliRunner().invoke(app, [*words], env={"COLUMNS": "200", **environment})


def commands(command, words):
    """Yield every command and group with the words that name it."""
    yield words, command
    for name, part in getattr(command, "commands", {}).items():
        yield from commands(part, [*words, name])


ALL = [pair for name in COMMANDS for pair in commands(load_command(name), [name])]


def said_by(command) -> set[str]:
    """Return all that a command says of itself in English."""
    said = {command.options_metavar, getattr(command, "subcommand_metavar", ""), "Usage:"}
    said |= set((command.help or "").split("\n\n"))
    # the lines after the heading are commands as they are typed
    said |= set((command.epilog or "").split("\n\n")[:1])
    for parameter in command.params:
        said |= {getattr(parameter, name, "") or "" for name in ("help", "rich_help_panel")}
        said.add(parameter.metavar or "")
    return {" ".join(text.split()) for text in said if text}


def test_whatever_a_command_says_is_there_in_chinese_and_nothing_else_is():
    root = {"Decide which training is worth a person's time.", "Show this message and exit."}
    root |= {"Language of this help; zh-CN by default.", "zh-CN|en", *HEADINGS.values()}
    said = root.union(*(said_by(command) for _words, command in ALL))
    assert said - set(TEXTS) == {"zh-CN|en", "history|facts"}
    assert set(TEXTS) - said == set()


def test_chinese_help_is_chinese():
    for words, _command in ALL:
        found = call(*words, "--help")
        assert found.exit_code == 0, words
        assert "用法：" in found.output, words
        assert "选项" in found.output, words
        assert not re.search("Usage|Options|Show this|required|default", found.output), words
        # nothing is cut off, and "…" stands in none of the texts
        assert "…" not in found.output, words


def test_english_help_is_english():
    for words, _command in ALL:
        found = call(*words, "--help", "--lang", "en")
        # examples may name an org unit of the telecom catalogue
        assert not re.search("[\u3400-\u9fff]", found.output.split("Examples:")[0]), words


@pytest.mark.parametrize("width", ["60", "80", "200"])
def test_nothing_of_a_sentence_is_cut_off(width):
    # a Chinese sentence is one word to rich
    shown = re.sub(r"[\s│]", "", call("plan", "--help", COLUMNS=width).output)
    assert re.sub(r"\s", "", TEXTS["Course that must be in the plan; repeatable."]) in shown


def test_the_language_may_be_asked_for_anywhere():
    english = [
        call("--lang", "en", "gaps", "--help"),
        call("gaps", "--lang=en", "--help"),
        call("models", "--help", "--lang", "en"),
        call("models", "--lang", "en"),
        call("--help", "--lang", "en"),
        call("--help", RECOMMENDER_LANG="en"),
    ]
    for found in english:
        assert "Usage: " in found.output
    assert "用法：" in call("--lang", "zh-CN", "--help", RECOMMENDER_LANG="en").output
    # what is asked for before the command is for its answer too
    refused = call("--lang", "en", "gaps", "1", "--as-of", "never")
    assert "is not a valid value of as_of" in refused.output


@pytest.mark.parametrize(
    ("words", "chinese", "english"),
    [
        ("gaps", "缺少参数：工号", "Missing argument 'PERSON'"),
        ("score", "缺少选项：--model", "Missing option '--model'"),
        ("gaps 1 2", "多余的参数：2", "unexpected extra argument"),
        ("gops", "没有命令 gops", "No such command 'gops'"),
        ("models lst", "没有命令 lst，是否想写 list", "Did you mean 'list'"),
        ("gaps 1 --bogus", "没有选项 --bogus", "No such option: --bogus"),
        ("gaps 1 --jsn", "没有选项 --jsn，是否想写 --json", "Possible options: --json"),
        ("plan 1 --hours", "选项 --hours 后须有取值", "requires an argument"),
        ("plan 1 --no-hours-limit=3", "选项 --no-hours-limit 不带取值", "does not take a value"),
        ("plan 1 --hours x", "--hours 的取值无效：须为数字", "valid number"),
        ("plan 1 --hours -1", "--hours 的取值无效：不得小于 0", "greater than or equal to 0"),
        ("serve --port 0", "--port 的取值无效：不得小于 1", "greater than or equal to 1"),
        ("serve --port 99999", "不得大于 65535", "less than or equal to 65535"),
        ("recommend 1 --objective x", "x 不在可选项中，可写 'gap'、'per_hour'", "is not one of"),
        ("train --scale 1", "选项 --scale 后须有 2 个取值", "requires 2 arguments"),
    ],
)
def test_errors_of_usage_are_said_in_both_languages(words, chinese, english):
    for lang, expected in (("zh-CN", chinese), ("en", english)):
        given = words.split()
        # first, for the last word may be an option without its value
        found = call("--lang", lang, *given)
        assert found.exit_code == 2, found.output
        shown = " ".join(re.sub("[│╭╮╰╯─]", "", found.output).split())
        assert expected in shown, shown
        assert ("错误" in shown) == (lang == "zh-CN")
        if lang == "zh-CN":
            assert not re.search("Usage|Error|Invalid|Try|should be|Missing", shown), shown
