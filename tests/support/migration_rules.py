"""Finds in a migration what a service that goes on would not stand; see migrations/README.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

GONE = {"drop_column", "drop_table", "rename_table"}
CHECKED = {"create_unique_constraint", "create_check_constraint", "create_foreign_key"}
HEAVY_SQL = re.compile(r"\b(drop|rename|lock|alter\s+column|set\s+not\s+null|truncate)\b", re.I)
CONTRACT = re.compile(r"# contract: \d+\.\d+")


def find_breaches(source: str) -> list[str]:
    """Name what breaks a rule and has no mark that says in which release nothing needs it.

    Parameters
    ----------
    source : str
        A migration.

    Returns
    -------
    list of str
        ``line 12: drop_column``, in their order.
    """
    lines = source.splitlines()
    found = []
    for call, name in calls(source):
        breach = judge(call, name, new_tables(source))
        marks = lines[max(call.lineno - 2, 0) : call.end_lineno]
        if breach and not any(CONTRACT.search(line) for line in marks):
            found.append(f"line {call.lineno}: {breach}")
    return found


def calls(source: str) -> Iterator[tuple[ast.Call, str]]:
    """Yield every call on the way up, with the name of what is called."""
    for part in ast.parse(source).body:
        if isinstance(part, ast.FunctionDef) and part.name != "downgrade":
            for node in ast.walk(part):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    yield node, node.func.attr


def new_tables(source: str) -> set[object]:
    """Return the tables that the migration makes itself: nobody uses them yet."""
    return {
        value
        for call, name in calls(source)
        if name == "create_table"
        for value in constants(call)[:1]
    }


def judge(call: ast.Call, name: str, new: set[object]) -> str:
    """Say what is wrong with a call; nothing where nothing is."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    is_new = not new.isdisjoint(constants(call)[1:2])  # the name, then the table
    if name in GONE:
        return name
    if name == "alter_column":
        asked = [key for key in ("type_", "new_column_name") if key in given]
        asked += ["nullable"] if is_literally(given.get("nullable"), False) else []
        return f"{name}: {asked[0]}" if asked else ""
    if name == "add_column":
        columns = [a for a in call.args if isinstance(a, ast.Call)]
        settings = {k.arg: k.value for column in columns for k in column.keywords}
        is_needed = is_literally(settings.get("nullable"), False)
        return f"{name}: nullable" if is_needed and "server_default" not in settings else ""
    if name == "create_index" and not is_new:
        return "" if is_literally(given.get("postgresql_concurrently"), True) else name
    if name in CHECKED and not is_new:
        is_later = is_literally(given.get("postgresql_not_valid"), True)
        return "" if is_later and name != "create_unique_constraint" else name
    if name == "execute" and HEAVY_SQL.search(" ".join(map(str, constants(call)))):
        return name
    return ""


def constants(call: ast.Call) -> list[object]:
    """Return the literals in the arguments of a call, in their order."""
    return [
        node.value
        for argument in call.args
        for node in ast.walk(argument)
        if isinstance(node, ast.Constant)
    ]


def is_literally(node: ast.AST | None, value: object) -> bool:
    """Say whether an argument is this literal."""
    return isinstance(node, ast.Constant) and node.value is value
