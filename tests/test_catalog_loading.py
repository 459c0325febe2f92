"""Loading a catalogue folder: every fault found, all at once; a digest of the content."""

from __future__ import annotations

import json
import re
import shutil

import pytest
import yaml
from command_line import CHINESE, CommandLine
from organisations import TINY

from recommender.texts import LANGUAGES
from training_catalog import CatalogError, load_catalog
from training_catalog.files.assembly import build_catalog
from training_catalog.files.loading import DEFAULT_CATALOG
from training_catalog.wording import phrase

HEAD, DESK = "catalog.yaml", "competencies/reference-desk.yaml"
PATHS = "paths.yaml"
BOOKS, PROFILE, MODULES = (
    "competencies/cataloguing.yaml",
    "profiles/assistant.yaml",
    "modules/all.yaml",
)
DELETE = "(delete)"

# file, what stands there, what is put in its place; then the code and the key of the fault
PLANTED = [
    (HEAD, "id: library", "id: library\nid: other", "not-yaml", ""),
    (HEAD, "grades:", "grades: [", "not-yaml", ""),
    (DESK, "id: reference-desk\n", "\tid: x\n", "not-yaml", ""),
    (DESK, "levels:", "levels: &a [*a]\nx:", "alias", ""),
    (HEAD, "{zh-CN: 馆员, en: Assistant}", "{zh-CN: &a 馆员, en: *a}", "alias", ""),
    (DESK, "levels:", "? [a]\n: 1\nlevels:", "not-yaml", ""),
    (MODULES, "modules:", "courses:", "no-module-list", "modules"),
    (HEAD, "id: library\n", "", "missing", "id"),
    (DESK, "kind: behavioural\n", "", "missing", "kind"),
    (DESK, "kind: behavioural", "kind: behavioural\ncolour: red", "unknown-key", "colour"),
    (HEAD, "hour_price", "hour_cost", "unknown-key", "settings.hour_cost"),
    (HEAD, "id: library", "id: Library 1", "bad-id", "id"),
    (MODULES, "id: desk-basics", "id: desk_basics", "bad-id", "modules.0.id"),
    (PROFILE, "level: 2,", "level: 4.5,", "out-of-range", "targets.reference-desk.level"),
    (PROFILE, "level: 2,", "level: .nan,", "out-of-range", "targets.reference-desk.level"),
    (PROFILE, "weight: 1.5", "weight: .inf", "out-of-range", "targets.reference-desk.weight"),
    (HEAD, "hour_price: 0.001", "hour_price: .inf", "out-of-range", "settings.hour_price"),
    (HEAD, "hour_price: 0.001", "hour_price: .nan", "out-of-range", "settings.hour_price"),
    (HEAD, "manager: 0.6", "manager: .inf", "out-of-range", "settings.rater_weights.manager"),
    (BOOKS, "weight: 3", "weight: .inf", "out-of-range", "exams.0.subjects.0.weight"),
    (MODULES, "hours: 6", "hours: -.inf", "out-of-range", "modules.0.hours"),
    (BOOKS, "pass_mark: 65", "pass_mark: 101", "out-of-range", "exams.0.pass_mark"),
    (MODULES, "hours: 6", "hours: 0", "out-of-range", "modules.0.hours"),
    (MODULES, "cost: 300", "cost: -1", "out-of-range", "modules.0.cost"),
    (DESK, "kind: behavioural", "kind: habit", "not-allowed", "kind"),
    (MODULES, "modality: classroom\n    hours: 6", "modality: film\n    hours: 6",
     "not-allowed", "modules.0.modality"),
    (HEAD, "{manager: 0.6, peer: 0.2, customer: 0.1, self: 0.1}", "{manager: 1}", "invalid",
     "settings"),
    (MODULES, "from_level: 0, to_level: 2, expert_improvement: 0.6",
     "from_level: 2, to_level: 2", "invalid", "modules.0.competencies.0"),
    (PROFILE, "effective_on: 2024-01-01", "effective_on: spring", "invalid", "effective_on"),
    (HEAD, "[reference-desk, reading-aloud]", "[reference-desk, reading-aloud, cataloguing]",
     "listed-twice", "categories"),
    (HEAD, "- {id: librarian,", "- {id: assistant,", "listed-twice", "grades"),
    (HEAD, "- {id: learning,", "- {id: service,", "listed-twice", "categories"),
    (DESK, "id: reference-desk.1.2", "id: reference-desk.1.1", "listed-twice",
     "levels.0.indicators"),
    (BOOKS, "id: classes,", "id: rules,", "listed-twice", "exams.0.subjects"),
    (MODULES, "id: desk-interview", "id: desk-basics", "listed-twice", "desk-basics"),
    (HEAD, "competencies: [cataloguing]", "competencies: [cataloguing, storytelling]",
     "no-competency-file", "categories"),
    (HEAD, "[reference-desk, reading-aloud]", "[reference-desk]", "not-in-framework", "id"),
    (DESK, "category: service", "category: learning", "wrong-category", "category"),
    (HEAD, "- {level: 4,", "- {level: 3,", "not-four-levels", "levels"),
    (DESK, "- level: 4", "- level: 3", "not-four-levels", "levels"),
    (DESK, "kind: behavioural", "kind: knowledge", "not-four-exams", "exams"),
    (BOOKS, "kind: knowledge", "kind: behavioural", "exams-of-behaviour", "exams"),
    (BOOKS, "kind: knowledge", "kind: behavioural", "no-indicators", "levels.0.indicators"),
    (DESK, "id: reference-desk.1.2", "id: reference-desk.2.7", "wrong-indicator-id",
     "levels.0.indicators"),
    (BOOKS, "- level: 4\n    pass", "- level: 3\n    pass", "not-four-exams", "exams"),
    (PROFILE, DELETE, "", "no-profile", ""),
    (PROFILE, "grade: assistant", "grade: guest", "unknown-grade", "grade"),
    (MODULES, "grades: [librarian]", "grades: [guest]", "unknown-grade",
     "rules-for-librarians.grades"),
    (PATHS, "grades: [assistant]", "target_grade: guest", "unknown-grade",
     "first-desk-year"),
    (PROFILE, "  cataloguing:", "  storytelling:", "no-target", "targets.cataloguing"),
    (PROFILE, "  cataloguing:", "  storytelling:", "unknown-competency", "targets.storytelling"),
    (PROFILE, "weight: 1.5", "weight: 1.6", "mean-weight", "targets"),
    (MODULES, "[{id: reference-desk, from_level: 0", "[{id: storytelling, from_level: 0",
     "unknown-competency", "desk-basics.competencies"),
    (MODULES, "prerequisites: [desk-basics]", "prerequisites: [none]", "unknown-module",
     "desk-interview.prerequisites"),
    (MODULES, "prerequisites: [desk-basics]", "prerequisites: [desk-interview]",
     "prerequisite-cycle", "desk-interview"),
    (MODULES, "cost: 300",
     "cost: 300\n    outcomes: [{serves: [reference-desk.1.9], text: {zh-CN: 会, en: Can}}]",
     "unknown-outcome", "desk-basics.outcomes"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """A copy of the tiny catalogue to plant faults in."""
    return shutil.copytree(TINY, tmp_path / "catalog")


def plant(folder, file, before, after):
    if before == DELETE:
        (folder / file).unlink()
        return
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")


def faults_of(folder):
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    assert caught.value.folder == folder
    return caught.value.faults


def says(fault, code):
    """Tell whether a fault is that of a code, whatever its values are."""
    template = str(phrase(f"fault.{code}", **dict.fromkeys(VALUES, "§")).in_language("en"))
    return re.fullmatch(re.escape(template).replace("§", ".*"), fault.what.en, re.DOTALL)


# where a fault is told in another file than the one that was changed
ELSEWHERE = {"no-profile": "profiles", "not-in-framework": "competencies/reading-aloud.yaml"}
VALUES = ("found", "detail", "folder", "where", "expected", "value")


def test_each_fault_is_found(tmp_path, subtests):
    for number, (file, before, after, code, key) in enumerate(PLANTED):
        with subtests.test(code, file=file, after=after):
            folder = shutil.copytree(TINY, tmp_path / str(number))
            plant(folder, file, before, after)
            faults = faults_of(folder)
            where = ELSEWHERE.get(code, file)
            fault, *_ = [f for f in faults if (f.file, f.key) == (where, key) and says(f, code)]
            for text in (fault.what, fault.hint):
                for lang in LANGUAGES:
                    assert text.in_language(lang)
                    assert not re.search("{[a-z]+}", text.in_language(lang))
                assert CHINESE.search(text.zh_cn)
                assert not CHINESE.search(text.en) or CHINESE.search(after)


def test_faults_of_all_files_in_one_report(folder):
    plant(folder, HEAD, "hour_price", "hour_cost")
    plant(folder, DESK, "kind: behavioural\n", "")
    plant(folder, PROFILE, "level: 2,", "level: 9,")
    plant(folder, MODULES, "hours: 6", "hours: 0")
    plant(folder, MODULES, "modality: online", "modality: film")
    (folder / "competencies" / "broken.yaml").write_text("a: [", encoding="utf-8")
    (folder / "modules" / "latin.yaml").write_bytes("modules: [é]".encode("latin-1"))
    assert [(f.file, f.key) for f in faults_of(folder)] == [
        (HEAD, "settings.hour_cost"),
        ("competencies/broken.yaml", ""),
        (DESK, "kind"),
        (PROFILE, "targets.reference-desk.level"),
        (MODULES, "modules.0.hours"),
        (MODULES, "modules.3.modality"),
        ("modules/latin.yaml", ""),
    ]


def test_an_alias_in_an_alias_fills_no_memory(folder):
    laughs = ["a0: &a0 [ha, ha]"]
    laughs += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    (folder / DESK).write_text("\n".join(laughs), encoding="utf-8")
    (fault,) = faults_of(folder)
    assert fault.file == DESK
    assert says(fault, "alias")
    assert "(line 1)" in fault.what.en


def test_an_id_given_twice_is_told_once(folder):
    plant(folder, MODULES, "id: desk-interview", "id: desk-basics")
    shutil.copy(folder / DESK, folder / "competencies" / "again.yaml")
    shutil.copy(folder / PROFILE, folder / "profiles" / "again.yaml")
    told = [f for f in faults_of(folder) if says(f, "listed-twice")]
    assert sorted(f.what.en for f in told) == sorted({f.what.en for f in told})
    assert [f.key for f in told] == ["id", "effective_on", "desk-basics"]


def test_faults_between_files_in_one_report(folder):
    plant(folder, HEAD, "competencies: [cataloguing]", "competencies: [cataloguing, none]")
    plant(folder, PROFILE, "weight: 1.5", "weight: 3")
    plant(folder, MODULES, "prerequisites: [desk-basics]", "prerequisites: [nothing]")
    plant(folder, MODULES, "grades: [librarian]", "grades: [guest]")
    assert [(f.file, f.key) for f in faults_of(folder)] == [
        (HEAD, "categories"),
        (PROFILE, "targets"),
        (MODULES, "desk-interview.prerequisites"),
        (MODULES, "rules-for-librarians.grades"),
    ]


@pytest.mark.parametrize("name", ["none", "catalog/catalog.yaml", "catalog/modules"])
def test_a_folder_that_is_none(name, folder):
    (fault,) = faults_of(folder.parent / name)
    assert fault.file == "catalog.yaml"
    assert says(fault, "no-catalog")


def test_the_telecom_catalogue_is_the_default():
    catalog = load_catalog()
    assert catalog == load_catalog(DEFAULT_CATALOG)
    assert catalog.id == DEFAULT_CATALOG.name == "telecom"
    assert [len(c.competencies) for c in catalog.categories] == [8, 4, 6]
    assert [g.id for g in catalog.grades] == ["g1", "g2", "g3", "g4"]
    assert sum(c.kind == "knowledge" for c in catalog.competencies) == 4
    in_order = [name for c in catalog.categories for name in c.competencies]
    assert [c.id for c in catalog.competencies] == in_order
    assert [m.id for m in catalog.modules] == sorted(m.id for m in catalog.modules)


# -- digest --


def test_digest_is_of_the_content_not_the_layout(folder):
    before = load_catalog(folder).digest
    assert re.fullmatch("[0-9a-f]{16}", before)
    for path in folder.rglob("*.yaml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=True, width=40)
        path.write_text(f"# 注释\n{text}\n# end\n", encoding="utf-8", newline="\r\n")
    (folder / "README.md").write_text("about", encoding="utf-8")
    (folder / PROFILE).rename(folder / "profiles" / "a-new-name.yaml")
    all_modules = yaml.safe_load((folder / MODULES).read_text(encoding="utf-8"))["modules"]
    for n, some in enumerate((all_modules[3:], all_modules[:3])):
        text = yaml.safe_dump({"modules": some}, allow_unicode=True)
        (folder / "modules" / f"part-{n}.yaml").write_text(text, encoding="utf-8")
    (folder / MODULES).unlink()
    assert load_catalog(folder).digest == before


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        (HEAD, "hour_price: 0.001", "hour_price: 0.0011"),
        (HEAD, "zh-CN: 馆员", "zh-CN: 馆员甲"),
        (DESK, "问清读者的需要", "问清读者需要"),
        (BOOKS, "weight: 3", "weight: 4"),
        (PROFILE, "level: 2,", "level: 2.5,"),
        (PROFILE, "2024-01-01", "2024-01-02"),
        (MODULES, "cost: 300", "cost: 301"),
        (MODULES, "retired: true", "retired: false"),
        (MODULES, "prerequisites: [desk-basics]", "prerequisites: []"),
    ],
)
def test_digest_changes_with_the_content(file, before, after, folder):
    digest = load_catalog(folder).digest
    plant(folder, file, before, after)
    assert load_catalog(folder).digest != digest


def test_defaults_that_are_spelled_out_change_nothing(folder):
    digest = load_catalog(folder).digest
    plant(folder, MODULES, "modality: online", "modality: online\n    retired: false")
    plant(folder, MODULES, "hours: 6", "hours: 6.0\n    grades: [assistant, librarian]")
    # settings that came with a later release, too: plans and models carry the digest
    plant(folder, HEAD, "hour_price: 0.001", "hour_price: 0.001\n  near_gap: 0.1")
    assert load_catalog(folder).digest == digest
    plant(folder, HEAD, "near_gap: 0.1", "near_gap: 0.2")
    assert load_catalog(folder).digest != digest


def test_further_modules_count_in_the_digest():
    catalog = load_catalog(TINY)
    changed = catalog.modules[0].model_copy(update={"hours": 99.0})
    other = build_catalog(catalog, extra_modules=[changed])
    assert other.digest != catalog.digest
    assert build_catalog(other, extra_modules=[catalog.modules[0]]).digest == catalog.digest
    assert build_catalog(catalog) == catalog


# -- on the command line --


@pytest.fixture
def call(library_file, tmp_path):
    return CommandLine(shutil.copy(library_file, tmp_path / "library.db"))


def test_check_reports_in_both_languages(folder, call):
    plant(folder, PROFILE, "level: 2,", "level: 9,")
    plant(folder, MODULES, "hours: 6", "hours: 0")
    for lang in LANGUAGES:
        found = call("catalog", "check", "--catalog", folder, "--lang", lang, "--json")
        assert found.code == 1
        error = found.json["error"]
        assert error["code"] == "catalog.faults"
        assert len(error["faults"]) == 2
        for fault, place in zip(error["faults"], (PROFILE, MODULES), strict=True):
            assert {"where", "what", "hint"} <= set(fault)
            assert fault["where"].startswith(place)
            assert bool(CHINESE.search(fault["hint"])) == (lang == "zh-CN")
            assert fault["where"] in found.err


TEXT = {"zh-CN", "en"}


@pytest.mark.parametrize("catalog", [TINY, DEFAULT_CATALOG], ids=["tiny", "telecom"])
def test_shown_as_design_section_5_has_it(catalog, call):
    shown = call("catalog", "show", "--json", "--catalog", catalog).json
    assert shown["digest"] == load_catalog(catalog).digest
    assert set(shown["settings"]) >= {
        "rater_weights",
        "rating_standard_error",
        "exam_standard_error",
        "rating_window_days",
        "assessment_validity_months",
        "exam_validity_months",
    }
    for competency in shown["competencies"]:
        assert {"id", "category", "kind", "name", "definition", "levels", "exams"} <= set(
            competency
        )
        assert set(competency["name"]) == set(competency["definition"]) == TEXT
        for level in competency["levels"]:
            assert {"level", "headline", "indicators"} <= set(level)
            for indicator in level["indicators"]:
                assert {"id", "text", "provenance"} <= set(indicator)
                number = rf"{competency['id']}\.{level['level']}\.\d+"
                assert re.fullmatch(number, indicator["id"])
        for exam in competency["exams"]:
            assert {"level", "pass_mark", "subjects"} <= set(exam)
            assert all({"id", "name", "weight"} <= set(subject) for subject in exam["subjects"])
    ids = [competency["id"] for competency in shown["competencies"]]
    for profile in shown["profiles"]:
        assert {"grade", "name", "effective_on", "targets"} <= set(profile)
        assert set(profile["targets"]) == set(ids)
        for target in profile["targets"].values():
            assert {"level", "weight", "rationale"} <= set(target)
    for module in shown["modules"]:
        assert set(module["title"]) == TEXT
        assert {"modality", "hours", "cost", "prerequisites", "repeat_months", "grades"} <= set(
            module
        )
        assert isinstance(module["retired"], bool)
        for part in module["competencies"]:
            assert {"id", "from_level", "to_level", "expert_improvement"} <= set(part)
    json.dumps(shown, allow_nan=False)
