"""How people are divided into parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import recommender.service.batch.running as running
from recommender.service.batch.running import PART_PEOPLE, divide

PEOPLE = st.dictionaries(
    st.text("0123456789abcXYZ-", min_size=1, max_size=8),
    st.sampled_from(["东区", "西区", "南区"]),
    max_size=60,
)


@given(PEOPLE, st.sampled_from(["东区", "北区"]))
def test_everybody_is_in_one_part_and_who_joins_changes_one(branch_of, joins):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "PART_PEOPLE", 7)
        people = [(branch, person_id) for person_id, branch in branch_of.items()]
        parts = divide(people)
        assert sorted(
            (part.name.branch, person_id) for part in parts for person_id in part.person_ids
        ) == sorted(people)
        before = {part.name: part.person_ids for part in parts}
        after = {part.name: part.person_ids for part in divide([*people, (joins, "joins")])}
        of_branch = {name for name in before if name.branch == joins}
        if {name for name in after if name.branch == joins} == of_branch:
            assert sum(after[name] != before[name] for name in after) == 1
        # a branch that has outgrown its parts is divided anew, and no other
        others = {name: ids for name, ids in after.items() if name.branch != joins}
        assert others == {name: ids for name, ids in before.items() if name.branch != joins}


def test_parts_have_about_their_size():
    for n in (1, PART_PEOPLE, PART_PEOPLE + 1, 10 * PART_PEOPLE):
        parts = divide([("东区", f"{i:08}") for i in range(n)])
        sizes = [len(part.person_ids) for part in parts]
        assert sum(sizes) == n
        assert max(sizes) < 1.25 * PART_PEOPLE
        assert n <= PART_PEOPLE or min(sizes) > 0.4 * PART_PEOPLE
