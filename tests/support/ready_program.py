"""A `recommender` that starts in an instant: a process that has read the program forks for it.

To read the program takes a second, and what is printed for readers calls it fifty times. Each call
is a process of its own, with the folder, environment and streams of its caller; only the server is
started as everybody starts it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("recommender")
# -I and -S: it needs nothing but itself
CALLER = f"""#!{sys.executable} -IS
import json, os, socket, sys
if sys.argv[1:2] == ["serve"]:
    os.execv("{PROGRAM}", ["{PROGRAM}", *sys.argv[1:]])
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
    asked.connect("%s")
    wanted = [sys.argv[1:], os.getcwd(), dict(os.environ)]
    socket.send_fds(asked, [json.dumps(wanted).encode()], [0, 1, 2])
    sys.exit(int(asked.recv(9) or b"1"))
"""


@contextmanager
def ready_program(folder: Path, environment: dict[str, str]) -> Iterator[Path]:
    """Have a folder with a `recommender` in it that starts in an instant, for PATH.

    Parameters
    ----------
    folder : Path
        Empty; its path is short enough for the name of a socket.
    environment : dict of str
        What Python is to know when it starts.
    """
    place = folder / "asked"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(str(place))
        listening.listen()
        command = folder / "recommender"
        command.write_text(CALLER % place, encoding="utf-8")
        command.chmod(0o755)
        handle = listening.fileno()
        answering = subprocess.Popen(
            [sys.executable, __file__, str(handle)], pass_fds=[handle], env=environment
        )
        try:
            yield folder
        finally:
            answering.terminate()
            answering.wait()


def main() -> None:
    """Fork for every call until the end."""
    from recommender.cli.app import COMMANDS

    for part in {module for module, _ in COMMANDS.values()} - {"serve"}:
        import_module(f"recommender.cli.{part}")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        while True:
            asked, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _answer(asked)
                return
            asked.close()


def _answer(asked: socket.socket) -> None:
    """Fork once more, for the program; say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, streams, *_ = socket.recv_fds(asked, 1 << 20, 3)
    running = os.fork()
    if running:
        _, status = os.waitpid(running, 0)
        with suppress(BrokenPipeError):
            asked.send(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    asked.close()
    words, folder, environment = json.loads(message)
    for stream, place in zip(streams, (0, 1, 2), strict=True):
        os.dup2(stream, place)
        os.close(stream)
    # made anew: those of Python remember whether they could seek
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - open until the end
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["recommender", *words]

    from recommender.cli import main as run_command

    run_command()


if __name__ == "__main__":
    main()
