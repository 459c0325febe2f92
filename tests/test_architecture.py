"""The house stays one with rooms: sizes of files and folders, depth of the use cases, its page."""

import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
from test_readme import ROOT

PRODUCT = ("api", "recommender", "training_catalog")
LONGEST_FILE, FULLEST_FOLDER, DEEPEST_USE_CASE = 400, 15, 9


def sources():
    return [path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py")]


def test_no_file_is_too_long_for_one_idea():
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert lines
    assert not [path for path, count in lines.items() if count > LONGEST_FILE]


def test_no_folder_is_two_ideas():
    folders: dict[Path, int] = {}
    for path in sources():
        folders[path.parent] = folders.get(path.parent, 0) + 1
    # one idea, however many: a file is added with each change of the schema, and none goes
    del folders[ROOT / "recommender/store/migrations/versions"]
    assert not [folder for folder, count in folders.items() if count > FULLEST_FOLDER]


def test_use_cases_are_not_stacked_deeper():
    graph = grimp.build_graph("recommender", exclude_type_checking_imports=True, cache_dir=None)
    prefix = "recommender.service."

    @cache
    def depth(module: str) -> int:
        below = graph.find_modules_directly_imported_by(module)
        return 1 + max((depth(name) for name in below if name.startswith(prefix)), default=0)

    depths = {name: depth(name) for name in graph.modules if name.startswith(prefix)}
    assert len(depths) > 40
    assert not [name for name, found in depths.items() if found > DEEPEST_USE_CASE]


def test_the_tree_of_the_page_shows_every_room():
    tree = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("```")[1]
    shown = set(re.findall(r"[\w.]+", tree))
    # pages are an area of the console each, as the menu has them
    rooms = {path.parent for folder in PRODUCT for path in (ROOT / folder).rglob("__init__.py")}
    rooms = {room for room in rooms if len(room.relative_to(ROOT).parts) <= 3}
    rooms -= {room for room in rooms if room.parent == ROOT / "api/pages"}
    beside = ("api", "recommender", "recommender/service")
    files = {path for folder in beside for path in (ROOT / folder).glob("[!_]*.py")}
    assert len(rooms) > 60
    assert len(files) > 20
    assert not [path for path in sorted(rooms | files) if path.name not in shown]


def test_no_files_import_one_another_in_a_circle():
    graph = grimp.build_graph(*PRODUCT, cache_dir=None)
    TopologicalSorter(
        {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    ).prepare()
