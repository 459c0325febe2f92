"""No character is silently blank."""

import pytest

from recommender.documents import missing_characters
from recommender.documents.glyphs import show


@pytest.mark.parametrize(
    "text", ["王䶮 㛃 𬭎 镕 喆 堃", "±−–→≥¥·…•“”‘’《》〔〕①", "Müller-O’Neill 42%"]
)
def test_has_the_characters_of_names_and_of_the_page(text):
    assert missing_characters(text) == ()
    assert show(text).text == text


@pytest.mark.parametrize(
    ("text", "shown", "missing"),
    [
        ("李𪛖", "李〔U+2A6D6〕", ("𪛖",)),  # extension B
        ("王𰀀𰀀", "王〔U+30000〕〔U+30000〕", ("𰀀",)),  # extension G, named once
        ("🙂", "〔U+1F642〕", ("🙂",)),
        ("\ue816", "〔U+E816〕", ("\ue816",)),  # private use, as old GB18030 files have it
        ("\ud800x", "〔U+D800〕x", ("\ud800",)),
        ("x\u0302", "x〔U+0302〕", ("\u0302",)),
    ],
)
def test_marks_and_reports_what_the_fonts_lack(text, shown, missing):
    assert show(text).text == shown
    assert missing_characters(text) == missing


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("e\u0301", "é"),
        ("a\tb\r\nc\u2028d", "a b  c d"),
        ("a\u200bb\u200dc\ufeffd\u202ee\u00adf", "abcdef"),
        ("a\x00\x07b", "ab"),
        ("\u2764\ufe0f", show("\u2764").text),
    ],
)
def test_leaves_out_what_shows_nothing_by_nature(text, shown):
    assert show(text).text == shown


def test_reports_a_form_of_a_character_that_it_cannot_show():
    assert show("葛\U000e0100").text == "葛"
    assert missing_characters("葛\U000e0100") == ("\U000e0100",)
