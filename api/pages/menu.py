"""The menu: what the permissions of whoever is signed in open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.admission import Call
from recommender.service.permissions import Permission, Role
from recommender.texts import say


@dataclass(frozen=True)
class Entry:
    """A line of the menu; its name is the text ``menu.<key>``.

    Parameters
    ----------
    needs : Permission or None
        Without it the line is left out.
    roles : frozenset of Role
        For whom the page is made; others may open what their permissions allow, by address.
    """

    key: str
    href: str
    icon: str
    needs: Permission | None
    roles: frozenset[Role]


@dataclass(frozen=True)
class Line:
    """An entry as it is shown now."""

    key: str
    href: str
    icon: str
    label: str
    current: bool


@dataclass(frozen=True)
class Group:
    """Lines under a heading; the first group has none."""

    label: str
    entries: Sequence[Line]


_HR = frozenset({Role.HR, Role.ADMIN})
_LEADING = _HR | {Role.MANAGER}
# who has a plan of their own
_OWN = frozenset({Role.EMPLOYEE, Role.MANAGER})
# an administrator of everything finds it among the privacy requests
_RUNNING = frozenset({Role.SYSTEM_ADMIN})
_AUDITING = frozenset({Role.AUDITOR, Role.ADMIN})
_KEYS = frozenset({Role.ACCESS_ADMIN, Role.ADMIN})
_MODELS = frozenset({Role.ANALYST, Role.SYSTEM_ADMIN, Role.ADMIN})
_READING = _LEADING | _MODELS | {Role.EMPLOYEE}
_GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry("today", "/today", "today", Permission.READ_STATISTICS, _HR),
            Entry(
                "organisation",
                "/organisation",
                "organisation",
                Permission.READ_STATISTICS,
                _HR | {Role.ANALYST},
            ),
            Entry("team", "/team", "people", Permission.READ_STATISTICS, _LEADING),
            Entry("people", "/people", "people", Permission.READ_PEOPLE, _HR),
            Entry("me", "/me", "growth", Permission.READ_RECOMMENDATIONS, _OWN),
            Entry("plans", "/plans", "plan", Permission.READ_PLANS, _LEADING | _OWN),
            Entry("campaigns", "/campaigns", "campaign", Permission.RUN_CAMPAIGNS, _HR),
            Entry("cohorts", "/cohorts", "seats", Permission.RUN_CAMPAIGNS, _HR),
            Entry("imports", "/imports", "import", Permission.IMPORT, _HR),
            Entry("jobs", "/jobs", "export", Permission.RUN_JOBS, _LEADING),
            Entry("catalog", "/catalog", "catalog", Permission.READ_CATALOG, _READING),
            Entry(
                "standards",
                "/standards",
                "growth",
                Permission.READ_STATISTICS,
                _HR | {Role.ANALYST},
            ),
        ),
    ),
    (
        "analysis",
        (
            Entry(
                "effectiveness",
                "/effectiveness",
                "cases",
                Permission.READ_STATISTICS,
                _HR | {Role.ANALYST},
            ),
            Entry("models", "/models", "model", Permission.READ_MODELS, _MODELS),
            # who works with models finds it on their page
            Entry("watch", "/models/watch", "model", Permission.READ_MODELS, frozenset({Role.HR})),
        ),
    ),
    (
        "administration",
        (
            Entry("accounts", "/accounts", "person", Permission.MANAGE_KEYS, _KEYS),
            Entry("keys", "/keys", "key", Permission.MANAGE_KEYS, _KEYS),
            Entry("privacy", "/privacy", "privacy", Permission.ANSWER_OBJECTIONS, _HR),
            Entry("retention", "/privacy/retention", "privacy", Permission.RUN_RETENTION, _RUNNING),
            Entry("audit", "/audit", "audit", Permission.READ_AUDIT, _AUDITING),
        ),
    ),
)


def menu_of(call: Call) -> list[Group]:
    """Return the menu of whoever is signed in; groups without a line are left out.

    The line whose page is open, or a page below it, is marked.
    """
    who, path, lang = call.session.who, call.request.url.path, call.lang
    groups = [
        Group(
            say(f"menu.{name}", lang) if name else "",
            [
                Line(
                    key=entry.key,
                    href=entry.href,
                    icon=entry.icon,
                    label=say(f"menu.{entry.key}", lang),
                    current=_is_below(path, entry.href),
                )
                for entry in entries
                if who.role in entry.roles and (not entry.needs or entry.needs in who.permissions)
            ],
        )
        for name, entries in _GROUPS
    ]
    return [group for group in groups if group.entries]


def _is_below(path: str, href: str) -> bool:
    return path == href or (href != "/" and path.startswith(f"{href}/"))
