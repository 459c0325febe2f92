"""Standards at the command line: proposed, tried out, submitted, and approved by somebody else."""

import datetime as dt

import pypdfium2
from organisations import AS_OF

from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.service.session import open_session
from recommender.service.standards.deciding import approve_standard
from recommender.settings import Settings

DAY = "2027-01-01"
BY_HAND = ("propose", "librarian", DAY, "--because", "咨询更难", "--target", "reference-desk=3.5")


def ask(call, *words, code=0):
    found = call("standards", *words, "--json")
    assert found.code == code, found
    return found.json


def test_from_a_proposal_to_a_version_of_the_catalogue(call, tmp_path):
    proposal = ask(call, *BY_HAND)["proposal_id"]
    told = ask(call, "simulate", proposal, "--plans")
    assert told["competencies"][0]["new_level"] == 3.5
    assert told["moved"] == len(told["movers"])
    assert ask(call, "submit", proposal)["status"] == "submitted"
    # the command line is one hand: that of the author
    assert ask(call, "approve", proposal, code=1)["error"]["code"] == "standard.own"
    settings = Settings(database=call.url, catalog=call.catalog, as_of=AS_OF)
    for name in ("first", "second"):
        who = Principal(f"key:{name}", Role.HR, PERMISSIONS[Role.HR])
        with open_session(settings, "approve", who=who) as session:
            approve_standard(session, proposal, comment="同意")
    shown = ask(call, "show", proposal)
    assert [each["actor"] for each in shown["decisions"]] == ["key:first", "key:second"]
    new = ask(call, "list")["versions"][-1]
    assert (new["effective_on"], new["proposal_id"], new["in_force"]) == (DAY, proposal, False)
    # it stands in the catalogue as it is shown and exported
    assert "2027-01-01" in call("catalog", "show").out
    assert call("catalog", "export", "out.xlsx").code == 0
    assert call("standards", "report", proposal, "report.pdf").code == 0
    text = "".join(page.get_textpage().get_text_range() for page in read_pdf("report.pdf"))
    for words in ("咨询更难", "参考咨询", DAY, "已批准", "同意"):
        assert words in text


def read_pdf(path):
    return list(pypdfium2.PdfDocument(path))


def test_a_panel_comes_from_files_and_a_wrong_line_is_named(call, tmp_path):
    proposal = ask(call, "propose", "librarian", DAY, "--because", "评议", "--method", "angoff")[
        "proposal_id"
    ]
    for number, levels in ((1, (2, 3, 4)), (2, (3.5, 3.5, 3.5))):
        lines = [f"{expert},参考咨询,{level}" for expert, level in zip("ABC", levels, strict=True)]
        (tmp_path / "round.csv").write_text("专家,能力,水平\n" + "\n".join(lines), "utf-8-sig")
        recorded = ask(call, "panel", proposal, str(number), "round.csv")
    assert {each["competency_id"]: each["new_level"] for each in recorded["targets"]} == {
        "reference-desk": 3.5,
        "reading-aloud": 2.0,
        "cataloguing": 3.0,
    }
    (tmp_path / "round.csv").write_text("A,参考咨询,2\nB,变戏法,2\n", "utf-8")
    refused = ask(call, "panel", proposal, "2", "round.csv", code=1)["error"]
    assert refused["code"] == "standard.answer-name"
    assert "2" in refused["message"]
    assert "变戏法" in refused["message"]


def test_what_is_wrong_is_said(call):
    for words, code in (
        (("propose", "librarian", AS_OF.isoformat(), "--because", "x"), "standard.past"),
        ((*BY_HAND[:-1], "reference-desk"), "standard.target-text"),
        (("show", "standard-0"), "standard.unknown"),
    ):
        assert ask(call, *words, code=1)["error"]["code"] == code
    assert dt.date.fromisoformat(DAY) > AS_OF
