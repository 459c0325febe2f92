"""One wrong cell in a good file: a fault, a question or a note, never a record in silence."""

from __future__ import annotations

import pytest
from exchange.recognition.corpus.shapes import COMPARED, SHAPES
from exchange.recognition.corpus.world import LATEST, known, vocabulary

from recommender.errors import RecommenderError
from recommender.exchange.recognition.recognise import recognise
from recommender.exchange.recognition.unfolded import check_reading
from recommender.exchange.tables.sheets.sheet import ERROR_VALUE, Sheet

WORDS, KNOWN = vocabulary(), known()
WRONG = ("#N/A", "乱码x", 777.0, -1.0, "2026-13-45", "####", ERROR_VALUE)
# names of new people and units, of raters from outside and of answers are whatever they are
FREE = frozenset({"name", "org_unit", "rater_id", "method", "answer_id"})


def as_cell(cell):
    """Return a cell as the reader of workbooks does."""
    if cell is None:
        return ""
    return float(cell) if isinstance(cell, int) else cell


def look(shape, rows):
    """Return what is told of a file, and its records if nothing is asked."""
    sheet = Sheet("Sheet1", [list(row) for row in rows])
    reading = recognise(f"{shape.file}.xlsx", [sheet], WORDS, shape.answers)
    told = (len(reading.questions), reading.notes, reading.left_out, reading.columns)
    if reading.open_questions:
        return reading, told, None
    frame = check_reading(reading, KNOWN, latest=LATEST).frame
    names = list(COMPARED[shape.kind])
    return reading, told, {tuple(row) for row in frame[names].itertuples(index=False)}


def free_columns(reading):
    """Return the positions of columns in which any text is right."""
    # a new person may have any number; that it looks like another's is told by the preview
    free = FREE | {"person_id"} if reading.kind == "people" else FREE
    return {use.position for use in reading.columns if use.meaning in free}


@pytest.mark.slow
def test_no_wrong_cell_passes_in_silence():
    silent, tried = [], 0
    for make in SHAPES:
        shape = make()
        width = max(map(len, shape.rows))
        rows = [[*map(as_cell, row), *[""] * (width - len(row))] for row in shape.rows]
        reading, told, records = look(shape, rows)
        assert records == shape.records, make.__name__
        if reading.layout.turned:
            continue  # the same cells stand in the file that is not turned
        at, free = int(reading.layout.rows[1]), free_columns(reading)
        values = {use.position for use in reading.columns if use.meaning == "value"}
        for position in range(width):
            for wrong in WRONG:
                if position in free or rows[at][position] == wrong:
                    continue
                # a business figure may have any value, so only what is no number is wrong there
                if position in values and isinstance(wrong, float):
                    continue
                tried += 1
                changed = [list(row) for row in rows]
                changed[at][position] = wrong
                try:
                    _, told_now, found = look(shape, changed)
                except RecommenderError:
                    continue
                if found not in (None, records) and told_now == told:
                    silent.append((make.__name__, position, wrong))
    assert tried > 1500
    assert silent == []
