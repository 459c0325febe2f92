"""docs/parquet.md says of the files what is in them, and its queries run as printed."""

import re
from pathlib import Path

import duckdb
from everybody import PLANS, files_in, work_out, write_facts

from recommender.exchange.parquet.facts import FACTS, schema_of
from recommender.exchange.parquet.schemas import RESULTS
from recommender.table_kinds import ENROLMENT_STATUSES, KINDS, RATER_TYPES

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("parquet.md", "parquet.zh-CN.md")
TYPES = {
    "string": ("text", "文本"),
    "double": ("number", "数值"),
    "int16": ("whole number", "整数"),
    "date32[day]": ("date", "日期"),
    "bool": ("yes/no", "是否"),
}


def text_of(page):
    return (DOCS / page).read_text(encoding="utf-8")


def tables_of(page):
    """Return the rows below each heading that names a table."""
    found = {}
    for section in re.split(r"^##+ ", text_of(page), flags=re.M)[1:]:
        heading, _, body = section.partition("\n")
        named = re.fullmatch(r"`(\w+)`(.*)", heading)
        if named:
            rows = [
                [cell.strip() for cell in line.strip("|").split("|")]
                for line in body.splitlines()
                if line.startswith("| `")
            ]
            found[named[1], bool(named[2])] = rows
    return found


def test_every_column_of_every_table_is_described():
    facts = {kind: schema_of(KINDS[kind]) for kind in ("people", *FACTS, "offerings")}
    for number, page in enumerate(PAGES):
        tables = tables_of(page)
        assert tables.keys() == {(name, False) for name in RESULTS} | {
            (name, True) for name in facts
        }
        for (name, is_fact), rows in tables.items():
            schema = facts[name] if is_fact else RESULTS[name]
            assert [row[0].strip("`") for row in rows] == schema.names, (page, name)
            for row, field in zip(rows, schema, strict=True):
                assert row[1] == TYPES[str(field.type)][number], (page, name, row)
                assert row[-1]
                if is_fact:
                    assert bool(row[2]) == field.nullable, (page, name, row)
                # what a cell may hold and what there may be none of
                values = {"rater_type": RATER_TYPES, "status": ENROLMENT_STATUSES}
                assert set(re.findall("`(.+?)`", row[-1])) >= set(values.get(row[0].strip("`"), ()))


def test_queries_run_as_printed(staff, tmp_path, monkeypatch):
    work_out(staff, tmp_path / "results")
    work_out(staff, tmp_path / "plans", PLANS)
    write_facts(staff, tmp_path / "facts")
    monkeypatch.chdir(tmp_path)
    blocks = [re.findall(r"```sql\n(.*?)```", text_of(page), re.S) for page in PAGES]
    assert blocks[0] == blocks[1]
    with duckdb.connect() as connection:
        for query in blocks[0]:
            assert connection.execute(query).fetchall(), query
        # each table is read as one, with its branches as a column
        for table in RESULTS:
            place = "plans" if table.startswith("plan") else "results"
            files = f"read_parquet('{place}/{table}/*/*.parquet', hive_partitioning = true)"
            ((rows, branches),) = connection.execute(
                f"SELECT count(*), count(DISTINCT branch) FROM {files}"
            ).fetchall()
            assert rows, table
            assert branches > 1, table


def test_both_pages_show_the_same(staff, tmp_path):
    english, chinese = (text_of(page) for page in PAGES)

    def names(text):
        return {code for code in re.findall(r"`([^`\n]+)`", text) if code.isascii()}

    assert names(english) == names(chinese)
    code = [re.findall(r"```(\w*\n.*?)```", text, re.S) for text in (english, chinese)]
    assert code[0] == code[1]
    # the layout that they show is that of the files
    work_out(staff, tmp_path)
    layout = re.compile(r"levels/branch=[^/]+分公司/part-\d{5}-of-\d{5}\.parquet")
    assert any(layout.fullmatch(name) for name in files_in(tmp_path))
    assert layout.search(english)
