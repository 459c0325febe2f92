"""Approved standards beside a catalogue folder that goes its own way."""

import datetime as dt

import pytest
from organisations import TINY

from recommender.service.effective_catalog import add_standards
from recommender.store.standards import StoredProposal, StoredTarget
from training_catalog import CatalogError, load_catalog
from training_catalog.files.assembly import build_catalog

from .conftest import NEXT_YEAR

DESK = "reference-desk"
WEIGHTS = {DESK: 1.5, "reading-aloud": 0.5, "cataloguing": 1.0}


def approved(day=NEXT_YEAR, grade="assistant", **levels):
    proposal = StoredProposal(
        *("standard-1", grade, day, "by-hand", "approved", "更难", {}, "key:1"),
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        4,
    )
    old = {DESK: 2.0, "reading-aloud": 1.5, "cataloguing": 1.0}
    targets = [
        StoredTarget(name, old[name], levels.get(name.replace("-", "_"), old[name]), weight)
        for name, weight in WEIGHTS.items()
    ]
    return proposal, targets


def levels_of(catalog, day=NEXT_YEAR):
    (profile,) = (
        each for each in catalog.profiles if (each.grade, each.effective_on) == ("assistant", day)
    )
    return {name: target.level for name, target in profile.targets.items()}


@pytest.fixture(scope="module")
def folder():
    return load_catalog(TINY)


def test_the_digest_is_that_of_the_whole_and_the_order_does_not_matter(folder):
    one = approved(reference_desk=2.5)
    other = approved(NEXT_YEAR.replace(month=7), reference_desk=3.0)
    both = add_standards(folder, [one, other])
    assert both.digest == add_standards(folder, [other, one]).digest
    assert len({folder.digest, add_standards(folder, [one]).digest, both.digest}) == 3
    assert add_standards(folder, []) is folder


def test_a_folder_with_another_version_of_that_day_is_refused_and_with_the_same_is_not(folder):
    standard = approved(reference_desk=2.5)
    # exported and imported again, the folder has it
    adopted = add_standards(folder, [standard])
    assert add_standards(adopted, [standard]) == adopted
    with pytest.raises(CatalogError) as found:
        add_standards(adopted, [approved(reference_desk=3.0)])
    (fault,) = found.value.faults
    assert (fault.file, fault.key) == ("approved-standards", "effective_on")


def test_what_came_and_what_went_since(folder):
    """A competency that is new keeps its target; one that is gone, or a grade, stops nothing."""
    known = approved(reference_desk=2.5)
    without = (known[0], [each for each in known[1] if each.competency_id != "cataloguing"])
    catalog = add_standards(folder, [without])
    assert levels_of(catalog) == {DESK: 2.5, "reading-aloud": 1.5, "cataloguing": 1.0}
    weights = [each.weight for each in catalog.profiles[1].targets.values()]
    assert sum(weights) / len(weights) == pytest.approx(1)
    gone = StoredTarget("juggling", 1.0, 2.0, 1.0)
    assert "juggling" not in levels_of(add_standards(folder, [(known[0], [*known[1], gone])]))
    nobody = approved(grade="director")
    assert add_standards(folder, [nobody]) is folder
    # it is a catalogue as any other
    assert build_catalog(catalog) == catalog
