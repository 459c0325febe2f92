"""A load of requests over kept-alive connections, and how long each took."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a load measured.

    Parameters
    ----------
    per_second : float
        Requests answered with 200.
    p50, p99 : float
        Milliseconds.
    failed : int
        Other answers, and none.
    """

    per_second: float
    p50: float
    p99: float
    failed: int


def run_load(
    port: int, paths: Sequence[str], *, key: str, seconds: float, connections: int = 32
) -> Load:
    """Ask for random ones of the paths, as fast as the answers come."""
    return asyncio.run(_run(port, paths, key, seconds, connections))


async def _run(port: int, paths: Sequence[str], key: str, seconds: float, connections: int) -> Load:
    taken: list[float] = []
    failed = 0
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
        for path in paths
    ]
    end = time.perf_counter() + seconds

    async def ask(seed: int) -> None:
        nonlocal failed
        choose = random.Random(seed)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            start = time.perf_counter()
            writer.write(choose.choice(requests))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if b" 200 " in head[:16]:
                taken.append(time.perf_counter() - start)
            else:
                failed += 1
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(ask(seed) for seed in range(connections)))
    wall = time.perf_counter() - started
    taken.sort()
    return Load(
        len(taken) / wall,
        taken[len(taken) // 2] * 1000,
        taken[int(len(taken) * 0.99)] * 1000,
        failed,
    )
