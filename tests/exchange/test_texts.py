"""Every code that the tables' code can give has its texts, in both languages, and no others."""

import re
from pathlib import Path

import recommender.exchange
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES, all_texts, placeholders

SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in Path(recommender.exchange.__file__).parent.rglob("*.py")
)
OWN = {
    key
    for key in all_texts()
    if key.split(".")[0] in ("file", "table", "expected", "report", "template")
}
REFERENCES = {c.refers_to for kind in KINDS.values() for c in kind.columns if c.refers_to}


def used():
    codes = set(re.findall(r'"((?:file|table)\.[a-z0-9_]+)"', SOURCES))
    return codes | {f"table.unknown_{what}" for what in REFERENCES}


def test_every_code_has_a_text_and_a_hint():
    for code in used() - {"table.suggestion"}:
        text = all_texts()[code]
        assert {"zh-CN", "en"} <= set(text), code
        assert set(text["hint"]) == set(LANGUAGES), code


def test_no_text_is_left_over():
    mentioned = used() | {"table.faults", "table.suggestion"}
    assert {key for key in OWN if key.startswith(("file.", "table."))} == mentioned


def test_every_expectation_has_a_text():
    keys = set(re.findall(r'BadCell\(\s*"[a-z_.]*",\s*"([a-z_]+)"', SOURCES))
    keys |= {f"known_{what}" for what in REFERENCES}
    assert keys <= {key.removeprefix("expected.") for key in OWN}


def test_every_column_is_explained():
    for kind in KINDS.values():
        for column in kind.columns:
            assert f"template.column.{column.name}" in OWN


def test_languages_say_the_same():
    for key in OWN:
        text = all_texts()[key]
        for part in (text, text.get("hint", {})):
            if part:
                asked = {lang: placeholders(part[lang]) for lang in LANGUAGES}
                asked = {
                    lang: {name.removesuffix("_zh").removesuffix("_en") for name in names}
                    for lang, names in asked.items()
                }
                if key != "file.wrong_kind":
                    assert asked["zh-CN"] == asked["en"], key
                for lang in LANGUAGES:
                    assert not part[lang].endswith((".", "。"))
                    assert "\n" not in part[lang]
