"""Questions about a file, asked on the terminal."""

from __future__ import annotations

import typer

from recommender.cli.common import Terminal
from recommender.exchange.recognition.answers.mapping import Mapping, Question
from recommender.exchange.recognition.answers.wording import describe_option, describe_question
from recommender.exchange.recognition.reading import Reading
from recommender.exchange.recognition.work import may_answer

# of a longer list a word of the name is quicker than a number
_LISTED = 30


def ask_all(term: Terminal, reading: Reading) -> Mapping:
    """Ask the open questions of a reading, and return its answers with the new ones."""
    answers = reading.answers
    for question in reading.open_questions:
        answers = answers.with_answer(question, _ask(term, reading, question))
    return answers


def _ask(term: Terminal, reading: Reading, question: Question) -> str:
    term.show(describe_question(reading, question, term.lang))
    meanings = {o.value: describe_option(o, term.lang) for o in question.options}
    values = list(meanings)
    for number, value in enumerate(values[:_LISTED], 1):
        term.show(f"  {number}) {value}  {meanings[value]}".rstrip())
    if len(values) > _LISTED:
        term.print("cli.more-answers", count=len(values) - _LISTED)
    while True:
        given = typer.prompt(">", default=question.suggestion or None, prompt_suffix=" ").strip()
        if given in meanings:
            return given
        # a number is a place in the list, unless the list holds that number itself
        if given.isdigit() and 1 <= int(given) <= len(values):
            return values[int(given) - 1]
        near = [value for value, meaning in meanings.items() if given and given in meaning]
        if len(near) == 1:
            return near[0]
        free = not values or question.section == "people"
        if given and free and may_answer(question, given):
            return given
        term.print("cli.no-such-answer", given=given)
