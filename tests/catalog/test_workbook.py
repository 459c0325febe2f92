"""The catalogue as a workbook: nothing lost, an edit is exactly that edit, faults are located."""

import openpyxl
import pytest
from catalog.planting import MODULE, OTHER

from recommender.errors import InputError, TableFaultsError
from recommender.exchange import (
    describe_faults,
    import_catalog_workbook,
    read_catalog_workbook,
    write_catalog_workbook,
    write_marked_copy,
)
from training_catalog import load_catalog
from training_catalog.difference import diff_catalogs
from training_catalog.files.assembly import build_catalog
from training_catalog.files.loading import DEFAULT_CATALOG

SHIPPED = sorted(f.name for f in DEFAULT_CATALOG.parent.iterdir() if f.is_dir())


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


@pytest.fixture(scope="module")
def exported(catalog, tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "catalog.xlsx"
    write_catalog_workbook(catalog, path, "zh-CN")
    return path


@pytest.fixture
def book(exported, tmp_path):
    """An editor of the exported workbook: sheets by name, rows by their first cell."""

    class Book:
        path = tmp_path / "edited.xlsx"
        workbook = openpyxl.load_workbook(exported)

        def column(self, sheet, header):
            row = next(self.workbook[sheet].iter_rows(min_row=1, max_row=1))
            return next(c.column for c in row if str(c.value).rstrip("*") == header)

        def cell(self, sheet, key, header, *, nth=0):
            rows = [r for r in self.workbook[sheet].iter_rows() if r[0].value == key]
            return self.workbook[sheet].cell(rows[nth][0].row, self.column(sheet, header))

        def add(self, sheet, **values):
            ws = self.workbook[sheet]
            at = ws.max_row + 1
            for header, value in values.items():
                ws.cell(at, self.column(sheet, header), value)

        def save(self):
            self.workbook.save(self.path)
            return self.path

    return Book()


def faults_of(path):
    with pytest.raises(TableFaultsError) as caught:
        read_catalog_workbook(path)
    for lang in ("zh-CN", "en"):
        for line in describe_faults(caught.value, lang):
            assert line["message"]
            assert "{" not in f"{line['message']}{line['hint']}{line['expected']}"
    return caught.value.faults


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("name", SHIPPED)
def test_the_round_trip_loses_nothing(name, lang, tmp_path):
    catalog = load_catalog(DEFAULT_CATALOG.parent / name)
    path = tmp_path / "catalog.xlsx"
    write_catalog_workbook(catalog, path, lang)
    back = read_catalog_workbook(path)
    assert back == catalog
    assert back.digest == catalog.digest


def test_odd_values_survive(catalog, tmp_path):
    from training_catalog import Text

    first = catalog.modules[0]
    odd = first.model_copy(
        update={
            "cost": 0.1 + 0.2,
            "retired": True,
            "grades": ("g4", "g1"),
            "group_size": None,
            "audience": None,
            "syllabus": (
                Text(zh_cn="=1+1 是什么", en="=1+1"),
                Text(zh_cn="第一行\n第二行", en="00123"),
                Text(zh_cn="http://例子", en="2024-01-01"),
            ),
        }
    )
    settings = catalog.settings.model_copy(update={"hour_price": 1e-7 / 3})
    changed = build_catalog(
        catalog.model_copy(update={"modules": (odd, *catalog.modules[1:]), "settings": settings})
    )
    path = tmp_path / "odd.xlsx"
    write_catalog_workbook(changed, path, "en")
    assert read_catalog_workbook(path) == changed


def test_an_excel_save_changes_nothing(catalog, book):
    assert read_catalog_workbook(book.save()) == catalog


def test_a_changed_cost_comes_back_as_that_change(catalog, book):
    book.cell("课程", MODULE, "费用").value = 1350
    changes = diff_catalogs(catalog, read_catalog_workbook(book.save()))
    assert [c.text("zh-CN") for c in changes] == [
        "课程《丢单复盘工作坊》：费用由 1200 元 改为 1350 元"
    ]


def test_an_added_module_comes_back_as_that_module(catalog, book):
    book.add(
        "课程",
        课程编号="pipeline-review-clinic",
        中文名称="商机会诊",
        英文名称="Opportunity clinic",
        培训方式="面授",
        学时=6,
        费用="800",
        重修间隔月数=24,
        来源="本项目编写",
    )
    book.add(
        "课程能力项",
        课程编号="pipeline-review-clinic",
        能力项="proactive-marketing",
        起始级别=1,
        终点级别=2,
        专家估计提升=0.3,
    )
    book.add(
        "学习成果",
        课程编号="pipeline-review-clinic",
        对应指标或科目="proactive-marketing.2.1；proactive-marketing.2.4",
        中文成果="排出下月商机的先后",
        英文成果="Rank next month's opportunities",
    )
    back = read_catalog_workbook(book.save())
    (change,) = diff_catalogs(catalog, back)
    assert (change.kind, change.id) == ("added", "pipeline-review-clinic")
    added = next(m for m in back.modules if m.id == "pipeline-review-clinic")
    assert added.cost == 800
    assert added.outcomes[0].serves == ("proactive-marketing.2.1", "proactive-marketing.2.4")
    assert added.grades == tuple(g.id for g in catalog.grades)


def test_columns_may_be_in_any_order_and_rows_may_be_blank(catalog, book):
    ws = book.workbook["职级"]
    ws.insert_rows(3)
    ws.move_range("B1:B9", cols=4)
    assert read_catalog_workbook(book.save()) == catalog


def test_bad_cells_are_all_located(book):
    book.cell("课程", MODULE, "费用").value = "一千二"
    book.cell("课程", MODULE, "培训方式").value = "远程"
    book.cell("课程能力项", MODULE, "终点级别").value = 9
    book.cell("学习成果", MODULE, "英文成果").value = None
    book.cell("目标", "g1", "目标级别").value = -1
    faults = faults_of(book.save())
    found = {(f.sheet, f.column.rstrip("*"), f.code) for f in faults}
    assert found == {
        ("课程", "费用", "table.not_a_number"),
        ("课程", "培训方式", "table.unknown_choice"),
        ("课程能力项", "终点级别", "table.out_of_range"),
        ("学习成果", "英文成果", "table.missing"),
        ("目标", "目标级别", "table.out_of_range"),
    }
    cost = next(f for f in faults if f.column.startswith("费用"))
    assert cost.row == book.cell("课程", MODULE, "费用").row
    assert cost.found == "一千二"
    assert cost.column_index == book.column("课程", "费用") - 1


# planted together, as it takes long to write and read a workbook: what cells say, and what they say
# of each other
BAD_VALUES = (
    (
        ("课程", OTHER, "课程编号", "Lost Deal", "catalog_workbook.bad_id"),
        ("课程能力项", MODULE, "起始级别", 3, "table.levels_reversed"),
        ("术语表", "churn", "英文定义", None, "catalog_workbook.one_language"),
        ("认证考试", "certification-entry", "级别", 7, "table.out_of_range"),
        ("相关度", "customer-service", "相关度 g1", 5, "table.out_of_range"),
        ("目录与设置", "settings.hour_price", "值", "许多", "catalog_workbook.invalid"),
        ("考试科目", "job-skills", "合格线", 60, "catalog_workbook.two_pass_marks"),
        ("课程能力项", OTHER, "课程编号", "no-such-module", "catalog_workbook.no_parent"),
    ),
    (
        ("课程", MODULE, "先修课程", "no-such-module", "catalog_workbook.check"),
        ("课程", OTHER, "适用职级", "g9", "catalog_workbook.check"),
        ("课程能力项", MODULE, "能力项", "juggling", "catalog_workbook.check"),
        ("学习成果", MODULE, "对应指标或科目", "resilience.2.9", "catalog_workbook.check"),
        ("能力项", "resilience", "类别", "no-such", "catalog_workbook.check"),
        ("认证考试", "certification-entry", "备考课程", "no-such", "catalog_workbook.check"),
        ("路径阶段", "solution-selling", "课程", "no-such", "catalog_workbook.check"),
        ("任职资格", "certificate-g1", "所需认证", "no-such", "catalog_workbook.check"),
    ),
)


@pytest.mark.parametrize("planted", BAD_VALUES, ids=["cells", "references"])
def test_a_bad_value_is_reported_where_it_stands(planted, book, subtests):
    cells = [book.cell(sheet, key, header) for sheet, key, header, _, _ in planted]
    for cell, (_, _, _, value, _) in zip(cells, planted, strict=True):
        cell.value = value
    faults = faults_of(book.save())
    for cell, (sheet, _, header, _, code) in zip(cells, planted, strict=True):
        with subtests.test(sheet=sheet, header=header):
            same_code = [f for f in faults if f.code == code and f.sheet == sheet]
            if header != "合格线":  # the first row of an exam sets it; the others differ
                same_code = [f for f in same_code if f.row == cell.row]
            assert same_code, faults
            # named beside it: the to-level, the emptied category
            if header not in ("起始级别", "类别"):
                assert cell.column - 1 in {f.column_index for f in same_code}, same_code


def test_what_is_wrong_with_several_rows_is_reported_once(book):
    """Weights whose mean is off belong to the profile; a repeated key to its second row."""
    book.cell("目标", "g1", "权重").value = 3
    book.cell("目标", "g2", "能力项编号").value = "resilience"
    first = faults_of(book.save())
    assert {(f.sheet, f.code) for f in first} == {("目标", "catalog_workbook.twice")}
    book.cell("目标", "g2", "能力项编号").value = "achievement-orientation"
    second = faults_of(book.save())
    assert [(f.sheet, f.code, f.row) for f in second] == [("目标标准", "catalog_workbook.check", 2)]
    assert "mean 1.11" in second[0].values["what_en"]


def test_a_module_without_competency_is_reported_on_its_row(book):
    ws = book.workbook["课程能力项"]
    ws.delete_rows(book.cell("课程能力项", MODULE, "能力项").row)
    (fault,) = faults_of(book.save())
    assert fault.code == "catalog_workbook.no_competency"
    assert (fault.sheet, fault.row) == ("课程", book.cell("课程", MODULE, "费用").row)


def test_a_bad_row_is_not_reported_again_where_it_belongs(book):
    """A bad level leaves a competency three of four, and its category may be left without any."""
    book.cell("级别要点", "resilience", "英文要点").value = None
    book.cell("目录与设置", "settings.hour_price", "值").value = "许多"
    faults = faults_of(book.save())
    assert [(f.sheet, f.code) for f in faults] == [
        ("目录与设置", "catalog_workbook.invalid"),
        ("级别要点", "table.missing"),
    ]


def test_an_entry_below_a_value_is_reported(book):
    book.add("目录与设置", 项目="name.short", 值="电信")
    (fault,) = faults_of(book.save())
    assert (fault.code, fault.found) == ("catalog_workbook.unknown_key", "name.short")


def test_a_column_that_would_be_lost_is_reported(book):
    ws = book.workbook["课程"]
    ws.cell(1, ws.max_column + 1, "备注")
    ws.cell(2, ws.max_column, "请保留")
    (fault,) = faults_of(book.save())
    assert fault.code == "catalog_workbook.unknown_column"
    assert fault.column == "备注"


def test_a_missing_column_is_reported(book):
    book.workbook["课程"].delete_cols(book.column("课程", "学时"))
    assert {f.code for f in faults_of(book.save())} == {"catalog_workbook.no_column"}


def test_a_missing_sheet_is_refused(book):
    del book.workbook["课程能力项"]
    with pytest.raises(InputError) as caught:
        read_catalog_workbook(book.save())
    assert caught.value.code == "catalog_workbook.no_sheet"


def test_optional_sheets_may_go(catalog, book):
    for name in ("术语表", "学习路径", "路径阶段"):
        del book.workbook[name]
    back = read_catalog_workbook(book.save())
    assert back.glossary == ()
    assert back.paths == ()
    assert back.modules == catalog.modules


def test_the_marked_copy_can_be_mended_and_read(catalog, book, tmp_path):
    book.cell("课程", MODULE, "费用").value = "?"
    path = book.save()
    with pytest.raises(TableFaultsError) as caught:
        read_catalog_workbook(path)
    copy = tmp_path / "marked.xlsx"
    write_marked_copy(path, caught.value, copy, lang="zh-CN")
    fault = caught.value.faults[0]
    marked = openpyxl.load_workbook(copy)
    marked[fault.sheet].cell(fault.row, fault.column_index + 1).value = 1200
    marked.save(copy)
    assert read_catalog_workbook(copy) == catalog


def test_import_writes_a_folder_or_nothing(catalog, book, tmp_path):
    folder = tmp_path / "mine"
    good = import_catalog_workbook(book.save(), folder)
    assert good == catalog
    assert load_catalog(folder) == catalog
    with pytest.raises(InputError) as caught:
        import_catalog_workbook(book.path, folder)
    assert caught.value.code == "catalog_workbook.folder_exists"

    book.cell("课程", MODULE, "费用").value = "?"
    with pytest.raises(TableFaultsError):
        import_catalog_workbook(book.save(), tmp_path / "other")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["edited.xlsx", "mine"]


def test_no_workbook(tmp_path):
    path = tmp_path / "text.xlsx"
    path.write_text("not a workbook", encoding="utf-8")
    with pytest.raises(InputError):
        read_catalog_workbook(path)


# sheets and columns as workbooks were headed before, by what they are headed now
HEADED_BEFORE = {
    "课程": "培训模块",
    "课程能力项": "模块能力项",
    "课程编号": "模块编号",
    "先修课程": "先修模块",
    "专家估计提升": "专家预估提升",
    "备考课程": "备考模块",
}


def test_a_workbook_with_the_headings_of_before_is_read(catalog, exported, tmp_path):
    book, renamed = openpyxl.load_workbook(exported), 0
    for sheet in book.worksheets:
        for cell in sheet[1]:
            heading = str(cell.value or "").rstrip("*")
            if heading in HEADED_BEFORE:
                cell.value = cell.value.replace(heading, HEADED_BEFORE[heading])
                renamed += 1
        sheet.title = HEADED_BEFORE.get(sheet.title, sheet.title)
    assert renamed > len(HEADED_BEFORE)
    book.save(tmp_path / "old.xlsx")
    assert read_catalog_workbook(tmp_path / "old.xlsx").digest == catalog.digest
