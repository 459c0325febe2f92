"""A file that is of no use is refused in one sentence, in bounded memory and time."""

import contextlib
import datetime as dt
import io
import os
import random
import resource
import struct
import zipfile
import zlib

import openpyxl
import pytest

from recommender.errors import InputError
from recommender.exchange import read_table
from recommender.exchange.tables.sheets.scanning import scan_workbook
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES, explain

HEAD = ["工号", "能力项", "级别得分", "评估方式", "评估日期"]
ROW = ["00000001", "抗挫能力", 2.3, "评审", dt.date(2026, 3, 1)]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
SHEET = (
    b'<?xml version="1.0"?><worksheet xmlns='
    b'"http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
)


@pytest.fixture
def refuse(known, latest):
    """Read a file that must be refused; return the error's code."""

    def read(path, kind="assessments"):
        with pytest.raises(InputError) as caught:
            read_table(path, KINDS[kind], known, latest=latest)
        for lang in LANGUAGES:
            problem, advice = explain(caught.value, lang)
            assert problem
            assert advice
            assert "\n" not in problem
        return caught.value.code

    return read


def zipped(**parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return stream.getvalue()


CONTENTS = {
    "nothing": (b"", "file.empty"),
    "white space": (b"\xef\xbb\xbf \r\n\r\n", "file.empty"),
    "separators only": (b",,,\r\n,,,\r\n", "file.empty"),
    "old Excel": (OLE + "Workbook".encode("utf-16-le"), "file.is_xls"),
    "password": (OLE + "EncryptedPackage".encode("utf-16-le"), "file.is_protected"),
    "old Word": (OLE + "WordDocument".encode("utf-16-le"), "file.is_document"),
    "HTML as xls": (b"\n<HTML><body><table><tr><td>1", "file.is_html"),
    "a bare HTML table": (b"<style>x</style><table><tr>", "file.is_html"),
    "XML spreadsheet": (b"<?xml version='1.0'?><Workbook>", "file.is_xml"),
    "JSON": (b'{"a": 1}', "file.is_json"),
    "PDF": (b"%PDF-1.7\n", "file.is_pdf"),
    "PNG": (b"\x89PNG\r\n\x1a\n", "file.is_image"),
    "NULs": (b"a,b\n\x00\x00", "file.is_noise"),
    "late NULs": (b"a,b\n" * 5000 + b"\x00", "file.is_noise"),
    "not text": (b"person_id\n\xff\xff\xff", "file.is_noise"),
    "empty zip": (zipped(), "file.is_archive"),
    "zip": (zipped(a_dot_txt="x"), "file.is_archive"),
    "Word": (zipped(word__document_dot_xml="x"), "file.is_document"),
    "xlsb": (zipped(xl__workbook_dot_bin="x"), "file.is_xlsb"),
    "cut zip": (zipped(xl__workbook_dot_xml="x" * 999)[:60], "file.broken"),
    "no workbook in it": (zipped(xl__workbook_dot_xml="x"), "file.broken"),
    "prose": ("这是一封信。\n没有表格。".encode(), "file.no_header"),
    "header only": ("工号,能力项,级别得分,评估方式,评估日期\n".encode(), "file.no_rows"),
    "missing columns": ("工号,能力项\n1,2\n".encode(), "file.missing_columns"),
    "wrong kind": ("工号,姓名,部门,职级\n1,甲,乙,g1\n".encode(), "file.wrong_kind"),
    "open quote": (b'"' + b"x" * 200_000, "file.csv_broken"),
    "long line": (b"x" * 2_000_000, "file.csv_line_too_long"),
    "too wide": (b"a," * 400, "file.too_many_cells"),
}


@pytest.mark.parametrize("title", CONTENTS)
def test_contents(title, refuse, tmp_path):
    content, code = CONTENTS[title]
    path = tmp_path / "input.xlsx"
    path.write_bytes(content)
    assert refuse(path) == code


def test_no_file_folder_or_permission(refuse, tmp_path):
    assert refuse(tmp_path / "none.xlsx") == "file.not_found"
    assert refuse(tmp_path) == "file.is_folder"


def test_empty_workbook(refuse, workbook):
    assert refuse(workbook(("表", []))) == "file.empty"
    assert refuse(workbook(("表", [HEAD]))) == "file.no_rows"
    assert refuse(workbook(("表", [HEAD, ["示例：1"]]))) == "file.no_rows"


def test_hidden_sheets_are_not_read(refuse, tmp_path):
    book = openpyxl.Workbook()
    hidden = book.create_sheet("hidden")
    hidden.sheet_state = "hidden"
    for row in (HEAD, ROW):
        hidden.append(row)
    book.active["A1"] = "见附件"
    book.save(tmp_path / "hidden.xlsx")
    assert refuse(tmp_path / "hidden.xlsx") == "file.no_header"


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("beginning", [b"", b"PK\x03\x04", b"person_id,name\n"])
def test_noise(beginning, seed, refuse, tmp_path):
    path = tmp_path / "noise.csv"
    path.write_bytes(beginning + random.Random(seed).randbytes(10 * 2**20))
    assert refuse(path) in {"file.is_noise", "file.broken"}


@pytest.mark.parametrize("seed", range(60))
def test_damaged_workbooks(seed, known, latest, workbook):
    path = workbook(("表", [HEAD, *[[*ROW[:4], dt.date(2026, 1, n + 1)] for n in range(20)]]))
    content = bytearray(path.read_bytes())
    chance = random.Random(seed)
    for _ in range(8):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content)
    with contextlib.suppress(InputError):
        read_table(path, KINDS["assessments"], known, latest=latest)


def replace_sheet(path, body, *, name="xl/worksheets/sheet1.xml", strings=None):
    """Put other content into the first sheet of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    parts[name] = SHEET % body
    if strings is not None:
        parts["xl/sharedStrings.xml"] = strings
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return path


FAR = [
    b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    b'<row r="1"><c r="XFD1048576"><v>1</v></c></row>',
    b'<row r="1"><c r="A1"><v>1</v></c><c r="GZ400000"><v>1</v></c></row>',
    b'<row r="1"><c r="A1"><v>1</v></c><c r="AZ499999"><v>1</v></c></row>',
    b"<row r='1'><c s='1' r = 'xfd1048576'><v>1</v></c></row>",
    b'<row r="1"><c t=">" r="XFD1048576"><v>1</v></c></row>',
    b'<row r="1048576"><c><v>1</v></c></row>',
    b'<x:row r="1"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
    b"<row>" + b"<c><v>1</v></c>" * 300 + b"</row>",
]


@pytest.mark.parametrize("body", FAR, ids=range(len(FAR)))
def test_a_stray_cell_far_out(body, refuse, workbook):
    path = replace_sheet(workbook(("表", [HEAD, ROW])), body)
    assert refuse(path) == "file.too_many_cells"


@pytest.mark.parametrize(
    "body",
    [
        b'<row r="1"><c r="A1" r="XFD1048576"><v>1</v></c></row>',
        b'<row r="1"><c r="A1" x:r="XFD1048576"><v>1</v></c></row>',
        b'<row r="1"><c r="A99999999999"><v>1</v></c></row>',
        b'<row r="1"><c r="&#88;FD1048576"><v>1</v></c></row>',
    ],
)
def test_references_that_no_program_writes(body, refuse, workbook):
    path = replace_sheet(workbook(("表", [HEAD, ROW])), body)
    assert refuse(path) in {"file.broken", "file.too_many_cells"}


def test_cells_without_references(known, latest, workbook):
    words = [*HEAD], ["00000001", "抗挫能力", "2.3", "评审", "2026-03-01"]
    body = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{w}</t></is></c>' for w in row) + "</row>"
        for row in words
    )
    path = replace_sheet(workbook(("表", [HEAD, ROW])), body.encode())
    assert len(read_table(path, KINDS["assessments"], known, latest=latest)) == 1


def test_wide_sheets_are_measured(workbook):
    scan_workbook(workbook(("表", [[*HEAD, *["x"] * 100], *[[*ROW, *range(100)]] * 50])))


def test_zip_bomb(refuse, workbook):
    path = replace_sheet(workbook(("表", [HEAD, ROW])), b"<row/>" * 12_000_000)
    assert path.stat().st_size < 2**20
    assert refuse(path) == "file.bomb"


def test_one_long_text_used_many_times(refuse, workbook):
    strings = b'<sst xmlns="x"><si><t>' + b"x" * 100_000 + b"</t></si></sst>"
    body = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 20_001)
    )
    path = replace_sheet(workbook(("表", [HEAD, ROW])), body, strings=strings)
    assert refuse(path) == "file.bomb"


def test_a_part_larger_than_it_says(refuse, workbook):
    """The size in the directory is a lie, and the checksum fits the lie."""
    path = workbook(("表", [HEAD, ROW]))
    replace_sheet(path, b"<row/>" + b" " * 1000 + b'<c r="XFD1048576"><v>1</v></c>')
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
        shown = archive.read(info)[:500]
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/worksheets/sheet1.xml"))
    content[at + 16 : at + 20] = struct.pack("<L", zlib.crc32(shown))
    content[at + 24 : at + 28] = struct.pack("<L", len(shown))
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("xl/worksheets/sheet1.xml") == shown
    assert refuse(path) == "file.broken"


def test_too_large(refuse, tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.truncate(201 * 2**20)
    assert refuse(path) == "file.too_large"


def test_a_line_of_190_mb_stays_small(refuse, tmp_path):
    path = tmp_path / "line.csv"
    path.write_bytes(b'"' + b"," * (190 * 2**20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refuse(path) == "file.csv_line_too_long"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 700 * 2**10  # KiB: the bytes, the text, and what was there before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
def test_what_is_neither_file_nor_folder(refuse, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refuse(tmp_path / "pipe") == "file.cannot_read"


def test_a_workbook_whose_name_is_not_utf8(known, latest, workbook, tmp_path):
    """As unpacked on Linux from a zip with names in GB18030."""
    path = tmp_path / os.fsdecode("人员".encode("gb18030") + b".xlsx")
    try:
        workbook(("表", [HEAD, ROW])).rename(path)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert len(read_table(path, KINDS["assessments"], known, latest=latest)) == 1
