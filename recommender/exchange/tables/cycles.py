"""Finding circles among managers and prerequisites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def find_cycles(graph: Mapping[str, tuple[str, ...]], starts: Iterable[str]) -> Iterable[list[str]]:
    """Walk a graph depth first and yield the cycle behind each edge that closes one.

    Parameters
    ----------
    graph : mapping of str to tuple of str
        Node to the nodes it points at.
    starts : iterable of str
        Where to begin; what cannot be reached from here is not looked at.

    Yields
    ------
    list of str
        The nodes of a cycle, in order.
    """
    done: set[str] = set()
    for start in starts:
        if start in done:
            continue
        path, at = [start], {start: 0}
        ahead = [iter(graph.get(start, ()))]
        while path:
            following = next(ahead[-1], None)
            if following is None:
                ahead.pop()
                node = path.pop()
                del at[node]
                done.add(node)
            elif following in at:
                yield path[at[following] :]
            elif following not in done:
                at[following] = len(path)
                path.append(following)
                ahead.append(iter(graph.get(following, ())))
