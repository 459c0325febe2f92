"""What a principal may do and whose rows it sees, rule by rule."""

import pytest

from recommender.errors import ForbiddenError
from recommender.service.permissions import (
    GRANTED_SINGLY,
    PERMISSIONS,
    Permission,
    Principal,
    Role,
    grant,
    grantable,
    round_count,
)
from recommender.store import EVERYONE, NO_ONE, Scope

ME, UNIT = "00003", "东区分公司"


def someone(role, permissions=None, **facts):
    return Principal(
        "key:1", role, PERMISSIONS[role] if permissions is None else permissions, **facts
    )


def test_whose_rows_each_role_sees():
    # HR of a unit who belongs to another one sees the own row, too
    for role, facts, scope in (
        (Role.EMPLOYEE, {"person_id": ME}, Scope(person_id=ME)),
        (Role.MANAGER, {"person_id": ME}, Scope(person_id=ME, reports_of=ME)),
        (Role.HR, {"person_id": ME, "org_unit": UNIT}, Scope(person_id=ME, org_unit=UNIT)),
        (Role.HR, {"org_unit": UNIT}, Scope(org_unit=UNIT)),
        (Role.HR, {"person_id": ME}, EVERYONE),
        (Role.ADMIN, {"org_unit": UNIT}, EVERYONE),
        (Role.ANALYST, {"person_id": ME, "org_unit": UNIT}, NO_ONE),
        (Role.SYSTEM_ADMIN, {"org_unit": UNIT}, NO_ONE),
        (Role.ACCESS_ADMIN, {"org_unit": UNIT}, NO_ONE),
        (Role.AUDITOR, {"org_unit": UNIT}, NO_ONE),
    ):
        assert someone(role, **facts).scope == scope, (role, facts)


def test_single_people_are_seen_by_who_may_read_both_who_and_where_they_stand():
    both = {Permission.READ_PEOPLE, Permission.READ_ASSESSMENTS}
    for held, seen in (
        (both, True),
        ({Permission.READ_PEOPLE}, False),
        (both - {Permission.READ_PEOPLE}, False),
        (set(), False),
    ):
        assert someone(Role.HR, frozenset(held)).sees_people is seen


def test_a_key_holds_what_its_role_may_have_and_no_more():
    for role in Role:
        singly = GRANTED_SINGLY.get(role, frozenset())
        assert grant(role, None) == PERMISSIONS[role]
        assert grantable(role) == PERMISSIONS[role] | singly
        assert grant(role, [each.value for each in Permission]) == grantable(role)
        assert grant(role, []) == frozenset()
        for permission in Permission:
            wanted = grant(role, [permission.value])
            assert wanted == ({permission} if permission in grantable(role) else frozenset())
            principal = someone(role)
            if permission in PERMISSIONS[role]:
                principal.need(permission)
            else:
                with pytest.raises(ForbiddenError):
                    principal.need(permission)
    assert {Role.HR: {Permission.EXPORT_PERSON, Permission.ERASE_PERSON}} == GRANTED_SINGLY
    assert PERMISSIONS[Role.ADMIN] == frozenset(Permission)
    assert not GRANTED_SINGLY[Role.HR] & PERMISSIONS[Role.HR]
    # what no operation of the API needs stands in no table of them
    readers = [role for role in Role if Permission.READ_METRICS in PERMISSIONS[role]]
    assert readers == [Role.SYSTEM_ADMIN, Role.ADMIN]


def test_addresses_of_a_key():
    bound = someone(Role.HR, networks=("10.1.0.0/16", "192.0.2.7/32"))
    for address, may in (
        ("10.1.2.3", True),
        ("192.0.2.7", True),
        ("::ffff:10.1.2.3", True),
        ("10.2.0.1", False),
        ("::ffff:10.2.0.1", False),
        ("2001:db8::1", False),
        ("nowhere", False),
        (None, False),
    ):
        assert bound.may_come_from(address) is may, address
    for address in ("10.2.0.1", "nowhere", None):
        assert someone(Role.HR).may_come_from(address)


def test_counts_go_in_steps_of_five():
    counts = {0: None, 1: None, 4: None, 5: 5, 9: 5, 10: 10, 14: 10}
    assert {people: round_count(people) for people in counts} == counts
