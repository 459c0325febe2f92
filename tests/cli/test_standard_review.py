"""The review of the standard at the command line."""

from command_line import CommandLine
from organisations import TINY, service_on
from rated_library import BAD, fill_rated


def test_a_review_is_printed_in_both_languages_and_as_json(tmp_path):
    file = tmp_path / "rated.db"
    with service_on(f"sqlite:///{file}", catalog=TINY) as service:
        fill_rated(service, n_people=120)
    call = CommandLine(file)
    review = call("standards", "review", "--json").json
    assert [grade["grade"] for grade in review["grades"]] == ["assistant", "librarian"]
    flat = [each for each in review["findings"] if each["item_id"] == BAD]
    assert len(flat) == 1
    for lang, words in (("zh-CN", ["需要关注", "达标率", BAD]), ("en", ["calls for a look", BAD])):
        shown = call("standards", "review", "--items", "--lang", lang).out
        assert all(word in shown for word in words)
    one = call("standards", "review", "--grade", "librarian", "--unit", "东馆").out
    assert "馆员" in one
    assert call("standards", "review", "--grade", "boss").code == 1
