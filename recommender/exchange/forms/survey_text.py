"""A questionnaire as the text that 问卷星 makes one of: a line a question, its choices below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recommender.exchange.forms.rating_forms import ANSWERS, Question, name_answer
from recommender.table_kinds import RATER_TYPES
from recommender.texts import say

# the service that reads it speaks Chinese only
_LANG = "zh-CN"
_ONE_OF, _OPEN = "[单选题]", "[填空题]"


def write_survey_text(
    path: Path,
    title: str,
    people: Sequence[tuple[str, str]],
    questions: Sequence[Question],
) -> None:
    """Write a questionnaire about one of several people who are asked about the same.

    Parameters
    ----------
    path : Path
        The text to write, in UTF-8.
    title : str
        Its first line.
    people : sequence of tuple of str
        Staff number and name of each person who can be chosen.
    questions : sequence of Question
        The indicators; their texts, by which the answers are understood when they come back.
    """
    # in the words of whoever answers: "I am ..."
    relations = [words[1] if kind == "self" else words[0] for kind, words in RATER_TYPES.items()]
    asked: list[tuple[str, str, Sequence[str]]] = [
        (
            say("survey.person", _LANG),
            _ONE_OF,
            [say("survey.person-choice", _LANG, name=name, person=id_) for id_, name in people],
        ),
        (say("survey.relation", _LANG), _ONE_OF, relations),
        (say("survey.rater", _LANG), _OPEN, ()),
    ]
    words = [name_answer(answer, _LANG) for answer in ANSWERS]
    asked += [(question.text, _ONE_OF, words) for question in questions]
    blocks = [
        "\n".join([f"{number}. {text}{form}", *choices])
        for number, (text, form, choices) in enumerate(asked, start=1)
    ]
    text = "\n\n".join([f"{title}\n\n{say('survey.how', _LANG)}", *blocks]) + "\n"
    path.write_text(text, encoding="utf-8")
