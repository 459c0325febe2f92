"""A catalogue out as a folder, and small catalogues without the optional parts."""

import shutil

import pytest

from training_catalog import load_catalog
from training_catalog.faults import CatalogError
from training_catalog.files.assembly import build_catalog
from training_catalog.files.loading import DEFAULT_CATALOG
from training_catalog.files.writing import write_catalog_folder

TOBACCO = DEFAULT_CATALOG.parent / "tobacco"
SHIPPED = sorted(f.name for f in DEFAULT_CATALOG.parent.iterdir() if f.is_dir())


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The telecom catalogue as it is written; copy it before you change it."""
    folder = tmp_path_factory.mktemp("written") / "telecom"
    write_catalog_folder(load_catalog(), folder)
    return folder


@pytest.mark.parametrize("name", SHIPPED)
def test_a_folder_written_reads_the_same(name, tmp_path):
    catalog = load_catalog(DEFAULT_CATALOG.parent / name)
    assert write_catalog_folder(catalog, tmp_path / "out") == catalog
    assert load_catalog(tmp_path / "out").digest == catalog.digest


def test_nothing_is_left_of_a_faulty_catalogue(tmp_path):
    catalog = load_catalog()
    broken = catalog.model_copy(update={"profiles": catalog.profiles[1:]})
    with pytest.raises(CatalogError) as caught:
        write_catalog_folder(broken, tmp_path / "out")
    assert "g1" in caught.value.faults[0].what.en
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(tmp_path):
    with pytest.raises(FileExistsError):
        write_catalog_folder(load_catalog(), tmp_path)


def test_optional_parts_do_not_count_where_there_are_none():
    """The digest of a catalogue without them is that of its base parts alone."""
    catalog = load_catalog()
    bare = catalog.model_copy(
        update={"job_profile": None, "certifications": (), "paths": (), "glossary": ()}
    )
    assert build_catalog(bare).digest != catalog.digest
    assert build_catalog(bare) == build_catalog(build_catalog(bare))


@pytest.mark.parametrize(
    ("file", "text", "what"),
    [
        ("paths.yaml", "paths: nothing", "has no list of paths"),
        ("glossary.yaml", "terms:\n- id: a\n  id: b\n", "key given twice"),
        ("certifications.yaml", "certifications: []\nx: &a [*a]\n", "uses a YAML alias"),
        ("job-profile.yaml", "id: x\n", "is missing"),
    ],
)
def test_faults_of_the_optional_files_are_reported(file, text, what, tmp_path):
    shutil.copytree(TOBACCO, tmp_path / "c")
    (tmp_path / "c" / file).write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load_catalog(tmp_path / "c")
    assert {fault.file for fault in caught.value.faults} == {file}
    assert any(what in fault.what.en for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("paths.yaml", "first-month-list-visit-coaching", "no-such", "there is no course no-such"),
        ("paths.yaml", "until_week: 13", "until_week: 1", "not in order"),
        ("certifications.yaml", "competency: job-skills", "competency: resilience", "no exam"),
        ("certifications.yaml", "requires: certification-entry", "requires: x", "certification x"),
        ("job-profile.yaml", "execution:", "juggling:", "no competency juggling"),
        ("job-profile.yaml", "g4: 10.0", "g7: 10.0", "no grade g7"),
        ("glossary.yaml", "id: churn", "id: renewal", "more than once"),
    ],
)
def test_wrong_references_of_the_optional_parts_are_reported(
    written, file, old, new, what, tmp_path
):
    shutil.copytree(written, tmp_path / "c")
    path = tmp_path / "c" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load_catalog(tmp_path / "c")
    assert any(what in f.what.en for f in caught.value.faults), caught.value.faults
    assert {fault.file for fault in caught.value.faults} == {file}
