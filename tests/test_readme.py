"""What the READMEs say is there: commands, options, settings, targets of make."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recommender.cli.app import app
from recommender.settings import Settings

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")


def commands(readme):
    """Every call of the command line in the code blocks."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    return [
        call.strip()
        for block in blocks
        for call in re.findall(r"(?:^|\$\()(recommender [^)#&\n]+)", block, re.M)
    ]


def test_commands_and_options_are_there(subtests):
    for readme, line in ((name, line) for name in READMES for line in commands(name)):
        with subtests.test(readme=readme, line=line):
            words = shlex.split(line)[1:]
            path = [words[0]]
            if words[0] in (
                "catalog",
                "models",
                "db",
                "keys",
                "audit",
                "privacy",
                "retention",
                "imports",
            ):
                path.append(words[1])
            shown = CliRunner().invoke(app, [*path, "--help"], terminal_width=200)
            assert shown.exit_code == 0, f"{readme}: {line}"
            for word in words:
                if word.startswith("--"):
                    assert word.split("=")[0] in shown.output, f"{readme}: {line}: {word}"


@pytest.mark.parametrize("readme", READMES)
def test_settings_are_documented(readme):
    text = (ROOT / readme).read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"`RECOMMENDER_{name.upper()}`" in text


def test_both_readmes_show_the_same_commands():
    shown = [
        [re.sub(r"[^\x00-\x7f]+", "…", line) for line in commands(readme)] for readme in READMES
    ]
    assert [line.split()[:2] for line in shown[0]] == [line.split()[:2] for line in shown[1]]


def test_targets_of_make_are_there():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    for readme in READMES:
        text = (ROOT / readme).read_text(encoding="utf-8")
        assert set(re.findall(r"`?make ([a-z]+)", text)) <= targets
