"""Files in all the shapes that HR has, by all the programs that write them.

Nearly all go in with one question or none, and none is read wrongly without anything being said.
"""

from __future__ import annotations

import pytest
from exchange.recognition.corpus.shapes import COMPARED, SHAPES
from exchange.recognition.corpus.world import LATEST, known, vocabulary
from exchange.recognition.corpus.writers import WRITERS

from recommender.errors import RecommenderError
from recommender.exchange.recognition.answers.mapping import Mapping
from recommender.exchange.recognition.recognise import recognise
from recommender.exchange.recognition.unfolded import check_reading
from recommender.exchange.tables.reading import read_table
from recommender.exchange.tables.sheets.reading import read_sheets
from recommender.table_kinds import KINDS

ALL = [(shape, writer) for shape in SHAPES for writer in WRITERS]
# each shape by one program and each program several times
SAMPLE = [(shape, WRITERS[at % len(WRITERS)]) for at, shape in enumerate(SHAPES)]
WORDS, KNOWN = vocabulary(), known()


def take_in(path, shape, answers):
    """Return how many questions are open, and the records that come out if there is none."""
    reading = recognise(path.name, list(read_sheets(path)), WORDS, answers)
    if reading.open_questions:
        return reading, None
    if reading.table is None:
        frame = read_table(path, KINDS[reading.kind], KNOWN, latest=LATEST)
    else:
        frame = check_reading(reading, KNOWN, latest=LATEST).frame
    names = COMPARED[shape.kind]
    return reading, {tuple(row) for row in frame[list(names)].itertuples(index=False)}


def judge(folder, make, writer):
    """Return ``right`` with the number of questions, or what went wrong."""
    shape = make()
    path = writer(folder / shape.file, shape.rows)
    try:
        reading, records = take_in(path, shape, Mapping())
        if reading.kind != shape.kind:
            return "silent" if records is not None else "other kind", 0
        questions = len(reading.open_questions)
        if questions:
            reading, records = take_in(path, shape, shape.answers)
            if records is None:
                return "asked what cannot be answered", questions
    except RecommenderError as error:
        return f"refused: {error.code}", 0
    return "right" if records == shape.records else "silent", questions


@pytest.mark.parametrize(
    "files",
    [pytest.param(SAMPLE, id="sample"), pytest.param(ALL, id="all", marks=pytest.mark.slow)],
)
def test_files_of_all_shapes_and_programs(files, tmp_path):
    found = {}
    for at, (make, writer) in enumerate(files):
        (folder := tmp_path / str(at)).mkdir()
        found[make.__name__, writer.__name__] = judge(folder, make, writer)
    assert [key for key, (verdict, _) in found.items() if verdict == "silent"] == []
    easy = [key for key, (verdict, asked) in found.items() if verdict == "right" and asked <= 1]
    assert len(easy) >= 0.95 * len(found), {k: v for k, v in found.items() if k not in easy}


def test_the_corpus_is_large_enough():
    assert len(ALL) >= 60
