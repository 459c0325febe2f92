"""One rule for ids, at every door by which one comes in."""

import datetime as dt

import pytest
from pydantic import TypeAdapter, ValidationError

from api.schemas.common import Id
from recommender.errors import TableFaultsError
from recommender.exchange import check_items
from recommender.identifiers import is_id
from recommender.table_kinds import KINDS, Known
from training_catalog.base import Slug

# what percent-encoding carries through HTTP, or needs none
IDS = [
    "00012345",
    "张三",
    "班次-2026（一）",
    "𠮷野",
    "a b",
    "a?b#c%d&e=f",
    "DOMAIN\\user",
    "名:1",
    "...",
    ".a",
    "a.",
    ".. a",
    "..a..",
    "x" * 80,
]
# what is decoded before the route is looked for, taken out of paths, or seen by nobody
NO_IDS = [
    "",
    "a/b",
    "/",
    ".",
    "..",
    "a\x00b",
    "a\nb",
    "a\n",
    "a\x7f",
    "a\x85b",
    "a\u2028b",
    "a\u202eb",
    " a",
    "a ",
    "a\u3000",
    ". ",
    "=1+1",
    "-a",
    "@a",
    "x" * 81,
    "x" * 129,
]
KNOWN = Known(
    people=frozenset(),
    managers={},
    grades={"g1": "g1"},
    competencies={},
    modules={"m": "m"},
    offerings={},
    indicators={},
    subjects={},
    prerequisites={},
)
DAY = dt.date(2026, 3, 1)
ROWS = {
    "people": {"person_id": "", "name": "欧阳", "org_unit": "甲", "grade": "g1"},
    "offerings": {"offering_id": "", "module_id": "m", "starts_on": DAY, "ends_on": DAY},
}


def is_valid(kind, text):
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return False
    return True


def test_the_rule(subtests):
    for text in (*IDS, *NO_IDS):
        with subtests.test(id=text):
            assert is_id(text) == (text in IDS)


def test_http_keeps_the_rule(subtests):
    for text in (*IDS, *NO_IDS):
        with subtests.test(id=text):
            assert is_valid(Id, text) == (text in IDS)


def test_tables_keep_the_rule(subtests):
    for name, row in ROWS.items():
        column = KINDS[name].key[0]

        def read(text, name=name, row=row, column=column):
            items = [{**row, column: text}]
            return check_items(items, KINDS[name], KNOWN, latest=DAY)[column].tolist()

        for text in IDS:
            with subtests.test(kind=name, id=text):
                assert len(read(text)) == 1
        for text in NO_IDS:
            # white space at the ends of a cell is not part of what it says
            if text.strip() == text or not is_id(text.strip()):
                with subtests.test(kind=name, id=text), pytest.raises(TableFaultsError):
                    read(text)


def test_every_table_that_makes_ids_keeps_a_rule():
    made = {
        (kind.name, column.name): column.makes_ids or column.slug
        for kind in KINDS.values()
        for column in kind.columns
        if kind.key == (column.name,)
    }
    assert set(made.values()) == {True}, made


def test_the_catalogues_rule_lets_through_ids_only(subtests):
    for text in (*IDS, *NO_IDS, "a", "a-b", "visit-coaching-01"):
        with subtests.test(id=text):
            assert is_id(text) or not is_valid(Slug, text)
