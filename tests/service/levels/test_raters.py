"""Of which rater types a reader is told figures."""

import pytest

from recommender.service.levels.few_raters import find_withheld
from training_catalog.model import CatalogSettings

# who rated, as types and ids; who reads; which types are withheld
CASES = [
    ("one peer and the manager", {"manager": "M", "peer": "A"}, "P", {"peer", "manager"}),
    ("two peers, a customer", {"manager": "M", "peer": "AB", "customer": "K"}, "P",
     {"peer", "customer"}),
    ("three peers", {"self": "P", "manager": "M", "peer": "ABC"}, "P", set()),
    ("a customer beside three peers", {"manager": "M", "peer": "ABC", "customer": "K"}, "P",
     {"customer", "manager"}),
    ("a customer beside three peers, no manager", {"peer": "ABC", "customer": "K"}, "P",
     {"customer", "peer"}),
    ("nobody but the manager", {"self": "P", "manager": "M"}, "P", set()),
    ("the manager knows the own ones", {"self": "P", "manager": "M", "peer": "A"}, "M",
     {"peer", "self"}),
    ("a peer knows the own one too", {"manager": "M", "peer": "ABC"}, "A", {"peer", "manager"}),
    ("who is the only peer", {"manager": "M", "peer": "A"}, "A", set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("raters", "reader", "withheld"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_withheld(raters, reader, withheld):
    assert find_withheld(raters, reader=reader, settings=CatalogSettings()) == withheld


def test_an_organisation_says_how_many_are_few():
    settings = CatalogSettings(min_raters_shown=1)
    assert find_withheld({"manager": "M", "peer": "A"}, reader="P", settings=settings) == set()
