"""The catalogue that ships: whole, clean, consistent, in its own words."""

from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from catalog.source_runs import runs, source_hashes

from recommender.candidates import build_module_arrays, find_candidates, permit
from training_catalog import load_catalog
from training_catalog.coverage import coverage
from training_catalog.files.loading import DEFAULT_CATALOG
from training_catalog.judging import judge_catalog
from training_catalog.placed_texts import all_texts, glossary_texts

SHIPPED = sorted(folder for folder in DEFAULT_CATALOG.parent.iterdir() if folder.is_dir())


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


def test_the_default_catalogue_is_clean(catalog):
    assert [j.text("en") for j in judge_catalog(catalog)] == []


def test_every_step_has_three_modules_that_differ(catalog):
    cells = coverage(catalog).cells
    modules = {m.id: m for m in catalog.modules}
    assert len(cells) == 72
    for cell in cells:
        assert len(cell.main) >= 3, cell
        shapes = {(modules[m].modality, modules[m].hours, modules[m].cost) for m in cell.main}
        assert len({shape[0] for shape in shapes}) >= 2, cell
        assert len(shapes) == len(cell.main), cell


def test_in_every_step_one_module_builds_on_another(catalog):
    modules = {m.id: m for m in catalog.modules}
    for cell in coverage(catalog).cells:
        assert any(modules[name].prerequisites for name in cell.main), cell


def test_a_prerequisite_leads_along_the_same_step(catalog, subtests):
    """So that it serves whoever the module serves, and neither asks for more nor for less."""
    modules = {m.id: m for m in catalog.modules}
    for module in catalog.modules:
        main = module.competencies[0]
        for name in module.prerequisites:
            with subtests.test(module=module.id, prerequisite=name):
                before = modules[name]
                assert not before.retired
                assert set(module.grades) <= set(before.grades)
                assert (main.id, main.from_level, main.to_level) in {
                    (part.id, part.from_level, part.to_level) for part in before.competencies
                }
                # a chain would make a plan long
                assert not before.prerequisites


def test_nobody_is_kept_from_a_module_by_its_prerequisite(catalog):
    """People at every tenth of a level, who never completed anything."""
    names = [c.id for c in catalog.competencies]
    levels = np.repeat(np.arange(0, 4, 0.1)[:, None], len(names), axis=1)

    def candidates(modules):
        arrays = build_module_arrays(
            modules, competency_ids=names, grade_ids=[g.id for g in catalog.grades]
        )
        permitted = permit(arrays, np.zeros(len(levels), dtype=int))
        found = find_candidates(levels, np.full(levels.shape, 4.0), arrays, permitted=permitted)
        return found.candidate

    free = [m.model_copy(update={"prerequisites": ()}) for m in catalog.modules]
    assert candidates(catalog.modules).sum() > 0
    np.testing.assert_array_equal(candidates(catalog.modules), candidates(free))


def test_no_two_modules_have_the_same_outcomes(catalog):
    outcomes = {m.id: {(o.text.zh_cn, o.text.en) for o in m.outcomes} for m in catalog.modules}
    assert all(outcomes.values())
    assert [
        pair for pair in combinations(outcomes, 2) if outcomes[pair[0]] & outcomes[pair[1]]
    ] == []


def test_every_module_is_complete(catalog):
    assert len(catalog.modules) >= 150
    for module in catalog.modules:
        for field in ("purpose", "audience", "assessment", "owner", "group_size", "repeat_months"):
            assert getattr(module, field), (module.id, field)
        assert len(module.outcomes) >= 2
        assert len(module.syllabus) >= 3


def test_weights_follow_from_the_job_profile_by_its_formula(catalog):
    """An independent calculation of what the job profile states in words."""
    profile = catalog.job_profile
    elements = [*profile.duties, *profile.result_measures]
    names = [c.id for c in catalog.competencies]
    for target_profile in catalog.profiles:
        grade = target_profile.grade
        raw = {}
        for name in names:
            raw[name] = Fraction(0)
            for element in elements:
                importance = Fraction(element.importance.get(grade, 0)).limit_denominator(10**6)
                raw[name] += importance * element.relevance.get(name, {}).get(grade, 0)
        mean = sum(raw.values()) / len(names)
        exact = {name: 100 * value / mean for name, value in raw.items()}
        floor = {name: value.numerator // value.denominator for name, value in exact.items()}
        left = 100 * len(names) - sum(floor.values())
        for name in sorted(names, key=lambda n: (floor[n] - exact[n], names.index(n)))[:left]:
            floor[name] += 1
        given = {name: round(t.weight * 100) for name, t in target_profile.targets.items()}
        assert given == floor
        assert sum(given.values()) == 100 * len(names)
        assert all(weight > 0 for weight in given.values())


def test_the_job_profile_is_whole(catalog):
    profile = catalog.job_profile
    assert len(profile.duties) >= 5
    assert {m.id for m in profile.result_measures} >= {
        "revenue",
        "marketing-cost",
        "product-sales",
        "market-share",
        "satisfaction",
        "churn",
    }
    assert profile.difficulties
    assert profile.taboos
    assert profile.career
    grades = {g.id for g in catalog.grades}
    assert {g for q in profile.qualifications for g in (q.grades or grades)} == grades


def test_each_level_is_certified_with_exams_and_modules_that_prepare(catalog):
    assert [c.level for c in catalog.certifications] == [1, 2, 3, 4]
    knowledge = {c.id for c in catalog.competencies if c.exams}
    for certification in catalog.certifications:
        assert {e.competency for e in certification.exams} == knowledge
        assert all(e.level == certification.level for e in certification.exams)
        assert all(e.modules for e in certification.exams)


def test_the_four_paths_are_there(catalog):
    assert {p.id for p in catalog.paths} >= {
        "new-account-manager-first-90-days",
        "from-g2-to-g3",
        "solution-selling",
        "customer-retention-path",
    }
    leads_to = {p.id: p.target_grade for p in catalog.paths}
    assert leads_to == {
        "new-account-manager-first-90-days": "g1",
        "from-g2-to-g3": "g3",
        "solution-selling": None,
        "customer-retention-path": None,
    }
    first = catalog.paths[0]
    assert first.stages[-1].until_week * 7 <= 91


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_no_sentence_of_the_source(folder: Path):
    source = source_hashes()
    catalog = load_catalog(folder)
    copied = [
        (placed.id, placed.field, run)
        for placed in (*all_texts(catalog), *glossary_texts(catalog))
        for run, digest in runs(placed.text.zh_cn)
        if digest in source
    ]
    assert copied == []


def test_the_source_check_sees_a_copy():
    """The subjects that the source names in a row: a fixed list of terms, no sentence."""
    listed = "电信行业概况、企业概况、法律法规、企业规章制度"
    assert any(digest in source_hashes() for _, digest in runs(listed))
