"""How `recommender serve` treats connections, and whose word it takes for where they come from."""

from __future__ import annotations

import ctypes
import os
import socket
from contextlib import ExitStack, contextmanager

import pytest
from command_line import CommandLine
from real_server import request, run_server, serve_sample
from serving import store_cast

_PIDFD_GETFD = 438  # the same on every machine; no library has a function for it
WRONG = "trk_0123456789ab_" + "A" * 43
ALLOWED = 60  # wrong keys a minute and address


def status_of_wrong_key(server, forwarded):
    head = request("GET", "/v1/me", key=WRONG, headers={"X-Forwarded-For": forwarded})
    return server.say(head).status


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server as it is without any settings."""
    with serve_sample(tmp_path_factory.mktemp("served")) as running:
        yield running


def test_without_a_proxy_nobody_is_believed(server):
    statuses = [status_of_wrong_key(server, f"192.0.2.{n}") for n in range(ALLOWED + 10)]
    assert statuses == [401] * ALLOWED + [429] * 10
    # whoever has a valid key goes on
    assert server.ask("GET", "/v1/me", key=server.keys["admin"]).status == 200


def test_behind_a_proxy_that_is_named_each_caller_counts(tmp_path):
    with serve_sample(tmp_path, PROXIES="127.0.0.1") as server:
        statuses = [status_of_wrong_key(server, f"192.0.2.{n}") for n in range(ALLOWED + 10)]
        assert set(statuses) == {401}
        # what a caller wrote itself stands before what the proxy adds, and is of no account
        spoofed = [f"198.51.100.{n}, 203.0.113.7" for n in range(ALLOWED + 10)]
        statuses = [status_of_wrong_key(server, addresses) for addresses in spoofed]
        assert statuses == [401] * ALLOWED + [429] * 10
        assert status_of_wrong_key(server, "203.0.113.8") == 401


def test_another_proxy_than_the_one_named_is_not_believed(tmp_path):
    with serve_sample(tmp_path, PROXIES="192.0.2.1,10.0.0.0/8") as server:
        statuses = [status_of_wrong_key(server, f"192.0.2.{n}") for n in range(ALLOWED + 10)]
        assert statuses == [401] * ALLOWED + [429] * 10


def test_a_proxy_is_named_by_its_address(tmp_path, subtests):
    call = CommandLine(tmp_path / "none.db")
    for named in ("*", "proxy.example", "192.0.2.1,10.0.0.1/8"):
        with subtests.test(named=named):
            refused = call("serve", "--proxies", named, "--lang", "en")
            assert refused.code == 1
            assert "192.0.2.10,10.20.0.0/16" in refused.err
            assert not call.file.exists()


def expect_no_waiting(server):
    with server.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in connection.recv(65536)
        with accepted_sockets(server, connection) as accepted:
            assert [s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for s in accepted] == [1]


def test_no_answer_waits_for_more_to_send(server):
    expect_no_waiting(server)


def test_no_answer_of_two_workers_waits(tmp_path):
    url = f"sqlite:///{tmp_path / 'served.db'}"
    store_cast(url, tmp_path)
    with run_server(url, tmp_path, workers=2) as server:
        expect_no_waiting(server)


def test_a_length_beside_chunks(server):
    """A proxy that goes by the one and a server that goes by the other see different requests."""
    inner = request("GET", "/health")
    head = request(
        "PUT", "/v1/offerings/x", headers={"Transfer-Encoding": "chunked"}, length=5 + len(inner)
    )
    head = head.replace(b"Connection: close\r\n", b"")
    answer = server.say(head, b"0\r\n\r\n" + inner)
    assert answer.problem["type"].endswith("request.two-lengths")
    assert answer.status == 400
    assert ("connection", "close") in answer.headers
    assert b"HTTP/1.1" not in answer.body  # and the connection ended with it


@contextmanager
def accepted_sockets(server, connection):
    """The other end of a connection, borrowed from the process that accepted it."""
    port = connection.getsockname()[1]
    system = ctypes.CDLL(None, use_errno=True)
    with ExitStack() as stack:
        found = []
        for process in (server.process, *server.process.children(recursive=True)):
            for each in process.net_connections():
                if each.raddr and each.raddr.port == port:
                    process_fd = os.pidfd_open(process.pid)
                    stack.callback(os.close, process_fd)
                    fd = system.syscall(_PIDFD_GETFD, process_fd, each.fd, 0)
                    assert fd >= 0, os.strerror(ctypes.get_errno())
                    found.append(stack.enter_context(socket.socket(fileno=fd)))
        yield found
