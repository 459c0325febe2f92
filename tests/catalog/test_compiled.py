"""A catalogue from the cache is the one of the YAML, and the cache is never believed blindly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from organisations import TINY, without_privileges

from training_catalog import CatalogError, load_catalog
from training_catalog.files import compiled, loading, reading
from training_catalog.files.loading import DEFAULT_CATALOG

SHIPPED = [TINY, *sorted(f for f in DEFAULT_CATALOG.parent.iterdir() if f.is_dir())]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder of compiled catalogues."""
    monkeypatch.setenv("RECOMMENDER_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    loading._load.cache_clear()


@pytest.fixture
def folder(tmp_path):
    """A catalogue folder that may be changed."""
    return shutil.copytree(TINY, tmp_path / "catalog")


@pytest.fixture
def folders_read(monkeypatch):
    """The folders whose YAML was read."""
    folders: list[Path] = []
    read = reading.read_catalog_folder
    monkeypatch.setattr(
        reading, "read_catalog_folder", lambda folder: folders.append(folder) or read(folder)
    )
    return folders


def load_anew(folder):
    """Load as a process does that has just started."""
    loading._load.cache_clear()
    return load_catalog(folder)


def entries(cache):
    return sorted(cache.iterdir()) if cache.exists() else []


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.name)
def test_the_compiled_catalogue_equals_that_of_the_yaml(shipped, cache, folders_read):
    from_yaml, from_cache = load_anew(shipped), load_anew(shipped)
    assert folders_read == [shipped]
    assert from_cache is not from_yaml
    assert from_cache == from_yaml
    assert from_cache.digest == from_yaml.digest
    assert from_cache.model_dump_json() == from_yaml.model_dump_json()  # also the order of keys


def test_the_same_files_elsewhere_are_not_read(folder, cache, folders_read):
    assert load_anew(TINY) == load_anew(folder)
    assert folders_read == [TINY]


def test_a_changed_file_is_read(folder, cache, folders_read):
    before = load_anew(folder)
    head = folder / "catalog.yaml"
    text = head.read_text(encoding="utf-8")
    head.write_text(text.replace("hour_price: 0.001", "hour_price: 0.002"), encoding="utf-8")
    assert load_anew(folder).settings.hour_price == 0.002 != before.settings.hour_price
    head.write_text(text, encoding="utf-8")
    assert load_anew(folder) == before
    assert folders_read == [folder, folder]


def test_another_version_of_the_program_reads_anew(folder, cache, folders_read, monkeypatch):
    program = shutil.copytree(
        compiled._PROGRAM, cache.parent / "program", ignore=shutil.ignore_patterns("data")
    )
    load_anew(folder)
    monkeypatch.setattr(compiled, "_PROGRAM", program)
    load_anew(folder)
    assert len(folders_read) == 1  # the same program in another place
    with (program / "checks.py").open("a", encoding="utf-8") as checks:
        checks.write("# stricter\n")
    compiled._digest_program.cache_clear()
    load_anew(folder)
    assert len(folders_read) == 2
    assert len(entries(cache)) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b'"hours":6.0', b'"hours":9.0'),
        lambda content: b"\xff" + content,
    ],
    ids=["empty", "half", "a figure", "not a checksum"],
)
def test_a_damaged_entry_is_replaced(damage, cache, folders_read):
    catalog = load_anew(TINY)
    (entry,) = entries(cache)
    sound = entry.read_bytes()
    assert damage(sound) != sound
    entry.write_bytes(damage(sound))
    assert load_anew(TINY) == catalog
    assert folders_read == [TINY, TINY]
    assert [path.read_bytes() for path in entries(cache)] == [sound]


def test_a_faulty_catalogue_is_never_kept(folder, cache):
    (folder / "profiles" / "assistant.yaml").unlink()
    for _ in range(2):
        with pytest.raises(CatalogError):
            load_anew(folder)
    assert entries(cache) == []


def test_files_that_change_while_they_are_read_are_not_kept(folder, cache, monkeypatch):
    read = reading.read_catalog_folder
    head = folder / "catalog.yaml"

    def read_while_somebody_writes(folder):
        with head.open("a", encoding="utf-8") as file:
            file.write("# a new line\n")
        return read(folder)

    monkeypatch.setattr(reading, "read_catalog_folder", read_while_somebody_writes)
    load_anew(folder)
    assert entries(cache) == []


def test_old_entries_go(folder, cache):
    head = folder / "catalog.yaml"
    for n in range(compiled.KEPT_ENTRIES + 3):
        with head.open("a", encoding="utf-8") as file:
            file.write(f"# {n}\n")
        load_anew(folder)
    kept = entries(cache)
    assert len(kept) == compiled.KEPT_ENTRIES
    assert compiled._find_entry(loading._digest_files(folder)) in kept


def test_a_folder_that_cannot_be_written_is_no_fault(cache, folders_read, tmp_path):
    cache.mkdir()
    cache.chmod(0o500)
    tmp_path.chmod(0o755)
    with without_privileges():
        assert load_anew(TINY) == load_anew(TINY)
    assert folders_read == [TINY, TINY]
    cache.chmod(0o700)
    assert entries(cache) == []


def test_off_keeps_nothing(folders_read, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECOMMENDER_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load_anew(TINY)
    load_anew(TINY)
    assert folders_read == [TINY, TINY]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG is for the other systems")
def test_it_lies_in_the_cache_folder_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("RECOMMENDER_CACHE", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert compiled._cache_folder() == tmp_path / ".cache" / "training-recommender"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert compiled._cache_folder() == tmp_path / "other" / "training-recommender"


def test_processes_at_once_do_no_harm(cache):
    code = "import sys, training_catalog as t; from pathlib import Path; "
    code += "print(t.load_catalog(Path(sys.argv[1])).digest)"
    command = [sys.executable, "-c", code, str(TINY)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def run(_):
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    with ThreadPoolExecutor(4) as pool:
        printed = {done.stdout.strip() for done in pool.map(run, range(4))}
    assert printed == {load_anew(TINY).digest}
    assert [path.suffix for path in entries(cache)] == [".json"]


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_setting_is_documented(readme):
    assert "`RECOMMENDER_CACHE`" in (ROOT / readme).read_text(encoding="utf-8")
