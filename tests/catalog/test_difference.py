"""The words of a difference."""

import pytest
from catalog.planting import MODULE, change_item, change_module, module

from training_catalog import Text, load_catalog
from training_catalog.difference import diff_catalogs
from training_catalog.files.assembly import build_catalog
from training_catalog.files.loading import DEFAULT_CATALOG


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


def words(old, new, lang="zh-CN"):
    return [change.text(lang) for change in diff_catalogs(old, new)]


def test_nothing_changed(catalog):
    assert diff_catalogs(catalog, load_catalog()) == ()


def test_a_changed_cost(catalog):
    new = change_module(catalog, MODULE, cost=1500.0)
    assert words(catalog, new) == ["课程《丢单复盘工作坊》：费用由 1200 元 改为 1500 元"]
    assert words(catalog, new, "en") == [
        "Course “Lost-deal review workshop”: cost changed from CNY 1200 to CNY 1500"
    ]
    (change,) = diff_catalogs(catalog, new)
    assert (change.kind, change.part, change.id) == ("changed", "modules", MODULE)
    assert (change.field, change.before, change.after) == (("cost",), 1200.0, 1500.0)


def test_an_added_and_a_removed_module(catalog):
    copy = module(catalog, MODULE).model_copy(
        update={"id": "second-review", "title": Text(zh_cn="再复盘", en="Second review")}
    )
    more = build_catalog(catalog, extra_modules=[copy])
    assert words(catalog, more) == ["新增课程《再复盘》"]
    assert words(more, catalog) == ["删除课程《再复盘》"]
    assert words(more, catalog, "en") == ["Course “Second review”: removed"]


def test_the_english_alone_changed(catalog):
    old = module(catalog, MODULE).purpose
    new = change_module(catalog, MODULE, purpose=Text(zh_cn=old.zh_cn, en="Something else."))
    (line,) = words(catalog, new)
    assert line.endswith("（只改了英文）")
    assert "Something else." in line


def test_lists_tell_what_came_and_went(catalog):
    outcomes = module(catalog, MODULE).outcomes
    new = change_module(catalog, MODULE, outcomes=outcomes[1:])
    (line,) = words(catalog, new)
    assert line.startswith("课程《丢单复盘工作坊》：学习成果删除 “")
    syllabus = module(catalog, MODULE).syllabus
    new = change_module(
        catalog, MODULE, syllabus=(*syllabus, Text(zh_cn="收尾", en="Closing unit"))
    )
    assert words(catalog, new, "en") == [
        "Course “Lost-deal review workshop”: syllabus added: “Closing unit”"
    ]


def test_targets_are_named_by_grade_and_competency(catalog):
    profile = catalog.profiles[0]
    targets = dict(profile.targets)
    targets["resilience"] = targets["resilience"].model_copy(update={"level": 2.0})
    new = change_item(catalog, "profiles", 0, targets=targets)
    (line,) = words(catalog, new, "en")
    assert "Junior account manager" in line
    assert "Resilience, level changed from 1.5 to 2" in line


def test_every_part_is_compared(catalog):
    settings = catalog.settings.model_copy(update={"hour_price": 0.01})
    new = build_catalog(
        catalog.model_copy(
            update={
                "settings": settings,
                "job_profile": None,
                "paths": catalog.paths[1:],
                "glossary": catalog.glossary[::-1],
                "certifications": (),
            }
        )
    )
    changes = diff_catalogs(catalog, new)
    assert {c.part for c in changes} == {
        "catalog",
        "job_profile",
        "paths",
        "glossary",
        "certifications",
    }
    assert any("学时价格由 0.002 改为 0.01" in c.text("zh-CN") for c in changes)


def test_two_different_catalogues_can_be_compared(catalog):
    other = load_catalog(DEFAULT_CATALOG.parent / "tobacco")
    for lang in ("zh-CN", "en"):
        assert all(words(catalog, other, lang))


def test_every_field_of_the_schema_has_a_name(catalog):
    """A sentence names fields in words, never by their key."""
    from pydantic import BaseModel

    from training_catalog.wording import is_phrase

    seen: set[str] = set()

    def visit(value: object) -> None:
        if isinstance(value, BaseModel):
            for name in type(value).model_fields:
                if not isinstance(value, Text) and name != "digest":
                    seen.add(name)
                visit(getattr(value, name))
        elif isinstance(value, tuple):
            for item in value:
                visit(item)
        elif isinstance(value, dict):
            for item in value.values():
                visit(item)

    visit(catalog)
    head = {"job_profile"}
    assert {name for name in seen - head if not is_phrase(f"field.{name}")} == set()
