"""The command line over a copy of a filled database."""

import shutil

import pytest
from command_line import CommandLine


@pytest.fixture
def call(library_file, tmp_path, monkeypatch) -> CommandLine:
    """Call the command line on ten people of the tiny framework, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return CommandLine(shutil.copy(library_file, tmp_path / "library.db"))
