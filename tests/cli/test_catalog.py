"""The commands of the catalogue, on the catalogues that ship and on edited ones."""

import json
import shutil

import asking
import openpyxl
import pytest
from catalog.planting import MODULE, TOGETHER, plant
from command_line import CHINESE, CommandLine

from training_catalog import load_catalog
from training_catalog.files.loading import DEFAULT_CATALOG
from training_catalog.files.writing import write_catalog_folder
from training_catalog.judging import CODES, ERRORS

SHIPPED = sorted(f.name for f in DEFAULT_CATALOG.parent.iterdir() if f.is_dir())
LANGUAGES = ("zh-CN", "en")


@pytest.fixture
def telecom(tmp_path, monkeypatch):
    """The command line on the telecom catalogue, with no database."""
    monkeypatch.chdir(tmp_path)
    return CommandLine(tmp_path / "none.db", DEFAULT_CATALOG)


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "目录.xlsx"
    found = CommandLine(path.parent / "none.db", DEFAULT_CATALOG)("catalog", "export", path)
    assert found.code == 0
    assert str(path) in found.out
    return path


def edit(workbook, target, *changes):
    """Copy the workbook, with cells changed: sheet, key of the row, header, value."""
    book = openpyxl.load_workbook(workbook)
    for sheet, key, header, value in changes:
        ws = book[sheet]
        column = next(c.column for c in ws[1] if str(c.value).rstrip("*") == header)
        row = next(r[0].row for r in ws.iter_rows() if r[0].value == key)
        ws.cell(row, column).value = value
    book.save(target)
    return target


# -- check --


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_clean(name, telecom):
    folder = DEFAULT_CATALOG.parent / name
    for lang in LANGUAGES:
        found = telecom("catalog", "check", "--catalog", folder, "--lang", lang)
        assert (found.code, found.err) == (0, "")
        assert len(found.out.splitlines()) == 2
    told = telecom("catalog", "check", "--catalog", folder, "--json").json
    assert told == {"digest": load_catalog(folder).digest, "faults": [], "judgements": []}


def test_planted_faults_are_told(telecom, tmp_path, subtests):
    """Each judgement over the command line: its words, its severity, the exit code."""
    assert sorted(code for codes in TOGETHER for code in codes) == sorted(CODES)
    for number, codes in enumerate(TOGETHER):
        with subtests.test(codes=codes):
            folder = tmp_path / str(number)
            write_catalog_folder(plant(load_catalog(), codes), folder)
            told = telecom("catalog", "check", "--catalog", folder, "--json")
            judgements = told.json["judgements"]
            severity_of = {j["code"]: j["severity"] for j in judgements}
            for code in codes:
                assert severity_of[code] == ("error" if code in ERRORS else "warning")
            severities = [j["severity"] for j in judgements]
            assert severities == sorted(severities)  # errors first
            assert told.code == (1 if "error" in severities else 0) == (number < 3)
            lang = LANGUAGES[number % 2]
            found = telecom("catalog", "check", "--catalog", folder, "--lang", lang)
            assert found.code == told.code
            for judgement in judgements:
                assert f"{judgement['text'][lang]} — {judgement['hint'][lang]}" in found.out


def test_faults_come_before_judgements(telecom, tmp_path):
    shutil.copytree(DEFAULT_CATALOG.parent / "tobacco", tmp_path / "broken")
    for path in (tmp_path / "broken" / "profiles").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("level:", "levle:", 1), encoding="utf-8")
    found = telecom("catalog", "check", "--catalog", "broken", "--lang", "en")
    assert (found.code, found.out) == (1, "")
    assert found.err.count("levle") == 3
    told = telecom("catalog", "check", "--catalog", "broken", "--json").json["error"]
    assert told["code"] == "catalog.faults"
    assert len(told["faults"]) == 6  # a key missing and one unknown, in three files
    assert {tuple(fault) for fault in told["faults"]} == {("where", "what", "hint")}


# -- export, import, diff --


def test_the_round_trip_changes_nothing(telecom, workbook, tmp_path):
    found = telecom("catalog", "import", workbook, "--to", "mine", "--json").json
    assert found["digest"] == load_catalog().digest
    assert load_catalog(tmp_path / "mine") == load_catalog()
    for lang, words in (("zh-CN", "相同"), ("en", "same")):
        found = telecom("catalog", "diff", DEFAULT_CATALOG, "mine", "--lang", lang)
        assert (found.code, len(found.out.splitlines())) == (0, 1)
        assert words in found.out


def test_an_edit_in_excel_comes_back_as_that_edit(telecom, workbook, tmp_path):
    edited = edit(workbook, tmp_path / "e.xlsx", ("课程", MODULE, "费用", 1500))
    assert telecom("catalog", "import", edited, "--to", "mine").code == 0
    for new in ("mine", edited):
        found = telecom("catalog", "diff", DEFAULT_CATALOG, new)
        assert found.out.splitlines()[1:] == [
            "  课程《丢单复盘工作坊》：费用由 1200 元 改为 1500 元"
        ]
        english = telecom("catalog", "diff", DEFAULT_CATALOG, new, "--lang", "en")
        assert "Lost-deal review workshop”: cost changed from CNY 1200 to CNY 1500" in english.out
        assert not CHINESE.search(english.out)
    told = telecom("catalog", "diff", DEFAULT_CATALOG, "mine", "--json").json
    (change,) = told["changes"]
    assert (told["old"], change["id"]) == (load_catalog().digest, MODULE)
    assert (change["field"], change["before"], change["after"]) == (["cost"], 1200.0, 1500.0)
    assert set(change["text"]) == set(LANGUAGES)


def test_a_whole_module_in_a_difference_is_json(telecom):
    found = telecom(
        "catalog", "diff", DEFAULT_CATALOG, DEFAULT_CATALOG.parent / "tobacco", "--json"
    )
    added = [c for c in found.json["changes"] if c["kind"] == "added" and c["part"] == "modules"]
    assert len(added) == 24
    assert set(added[0]["after"]["title"]) == set(LANGUAGES)


def test_a_dry_run_writes_nothing(telecom, workbook, tmp_path):
    found = telecom("catalog", "import", workbook, "--to", "mine", "--dry-run", "--lang", "en")
    assert found.code == 0
    assert "nothing was written" in found.out
    assert list(tmp_path.iterdir()) == []


def test_bad_cells_are_reported_with_their_place(telecom, workbook, tmp_path):
    edited = edit(
        workbook,
        tmp_path / "e.xlsx",
        ("课程", MODULE, "费用", "一千二"),
        ("目标", "g1", "目标级别", 9),
    )
    for extra in ([], ["--dry-run"]):
        words = ["catalog", "import", edited, "--to", "mine", "--marked", "m.xlsx", *extra]
        found = telecom(*words, "--lang", "en")
        assert (found.code, found.out) == (1, "")
        told = telecom(*words, "--json")
        assert told.code == 1
        faults = told.json["error"]["faults"]
        assert [(f["sheet"], f["column"].rstrip("*"), f["found"]) for f in faults] == [
            ("课程", "费用", "一千二"),
            ("目标", "目标级别", "9"),
        ]
        for fault in faults:
            assert fault["row"] > 1
            assert fault["expected"]
            assert f"{fault['sheet']} {fault['row']} {fault['column']}" in found.err
        assert not (tmp_path / "mine").exists()
    assert (tmp_path / "m.xlsx").is_file()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["import", "none.xlsx", "--to", "mine"], "file.not_found"),
        (["diff", "none", "none"], "catalog.faults"),
        (["sheet", "no-such-module", "--pdf", "s.pdf"], "module.unknown"),
        (["coverage", "--picture", "c.docx"], "coverage_picture.format"),
    ],
)
def test_known_problems(words, code, telecom, tmp_path):
    found = telecom("catalog", *words, "--json")
    assert (found.code, found.json["error"]["code"]) == (1, code)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_kept(telecom, workbook, tmp_path):
    (tmp_path / "mine").mkdir()
    for extra in ([], ["--dry-run"]):
        found = telecom("catalog", "import", workbook, "--to", "mine", "--json", *extra)
        assert found.json["error"]["code"] == "catalog_workbook.folder_exists"


# -- coverage and paper --


def test_coverage_as_table_picture_and_json(telecom, tmp_path):
    for lang in LANGUAGES:
        for name in ("c.png", "new folder/c.svg"):
            found = telecom("catalog", "coverage", "--picture", name, "--lang", lang)
            assert found.code == 0
            assert name in found.out
            assert (tmp_path / name).stat().st_size > 10_000
        assert "3+5" in found.out
    told = telecom("catalog", "coverage", "--json").json
    steps = [step for row in told["competencies"] for step in row["steps"]]
    assert len(steps) == 72
    assert all(len(step["main"]) >= told["modules_per_step"] == 3 for step in steps)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sheet_and_booklet(lang, telecom, tmp_path):
    for name in ("tobacco", "banking"):
        folder = DEFAULT_CATALOG.parent / name
        module = load_catalog(folder).modules[0].id
        for words in (["sheet", module], ["booklet"]):
            target = tmp_path / "new folder" / f"{words[0]}.pdf"
            common = ["--pdf", target, "--catalog", folder, "--lang", lang]
            found = telecom("catalog", *words, *common, "--json")
            assert (found.code, found.err) == (0, "")
            assert found.json == {
                "file": str(target),
                "bytes": target.stat().st_size,
                "missing_characters": [],
            }


def test_imported_modules_are_in_all_of_it(call, tmp_path):
    """What was imported into the database belongs to the catalogue that is shown."""
    row = {
        "module_id": "desk-shadowing",
        "title": "咨询台跟岗",
        "competency_ids": "reference-desk",
        "from_level": 0,
        "to_level": 3,
        "modality": "coaching",
        "hours": 2,
        "cost": 0,
    }
    (tmp_path / "m.csv").write_text(
        ",".join(row) + "\n" + ",".join(map(str, row.values())), encoding="utf-8"
    )
    assert call("import", "modules", "m.csv").code == 0
    cell = call("catalog", "coverage", "--json").json["competencies"][0]["steps"][0]
    assert "desk-shadowing" in cell["main"]
    assert call("catalog", "sheet", "desk-shadowing", "--pdf", "s.pdf").code == 0
    assert call("catalog", "export", "c.xlsx").code == 0
    told = call("catalog", "diff", call.catalog, "c.xlsx", "--json").json["changes"]
    assert [(c["kind"], c["id"]) for c in told] == [("added", "desk-shadowing")]


# -- the other trades --


@pytest.mark.parametrize("name", [n for n in SHIPPED if n != "telecom"])
def test_another_trade_with_no_change_of_code(name, tmp_path, monkeypatch):
    """Gaps, recommendations and plans of made-up people, over the command line alone."""
    from organisations import fill, service_on

    monkeypatch.chdir(tmp_path)
    folder = DEFAULT_CATALOG.parent / name
    file = tmp_path / "people.db"
    with service_on(f"sqlite:///{file}", catalog=folder) as service:
        fill(service, n_people=3)
        people = asking.person_ids(service)
    catalog = load_catalog(folder)
    modules = {m.id for m in catalog.modules}
    ask = CommandLine(file, tmp_path)  # the option outdoes the environment
    planned = 0
    for person in people:
        common = [person, "--catalog", folder]
        gaps = ask("gaps", *common, "--json").json
        assert [g["competency_id"] for g in gaps["competencies"]] == [
            c.id for c in catalog.competencies
        ]
        ranked = ask("recommend", *common, "--json").json
        assert ranked["catalog_digest"] == catalog.digest
        assert {r["module_id"] for r in ranked["recommendations"]} <= modules
        plan = ask("plan", *common, "--hours", "40", "--json").json
        assert plan["total_hours"] <= 40
        assert {item["module_id"] for item in plan["items"]} <= modules
        planned += len(plan["items"])
        for lang in LANGUAGES:
            for command in ("gaps", "recommend", "plan"):
                assert ask(command, *common, "--lang", lang).code == 0
    assert planned > 6
    pdf = ask("plan", people[0], "--catalog", folder, "--pdf", "plan.pdf", "--lang", "en")
    assert (pdf.code, pdf.err) == (0, "")


def test_json_is_stable(telecom):
    for words in (["check"], ["coverage"], ["diff", DEFAULT_CATALOG, DEFAULT_CATALOG]):
        first, second = (telecom("catalog", *words, "--json").out for _ in range(2))
        assert json.loads(first) == json.loads(second)
        assert first == second
