"""Clients that mean harm, or that are broken: the server says no, says so in its log, and lives.

A real server over real sockets: what happens before a request is complete is not the
application's, and would not be seen in process.
"""

from __future__ import annotations

import itertools
import json
import re
import socket
import time

import pytest
from real_server import MemoryWatch, request, serve_sample
from serving import EMPLOYEE, OUTSIDE

MEGABYTE = 1_000_000
SLOW_SECONDS = 2
CHUNKED = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with serve_sample(folder, SLOW_BODY_SECONDS=str(SLOW_SECONDS)) as running:
        # what a server reads with its first answers is no growth of the tests below
        running.ask("GET", f"/v1/people/{EMPLOYEE}/gaps", key=running.keys["admin"])
        yield running


@pytest.fixture(autouse=True)
def alive(server):
    """Whatever was done to it, the same process answers afterwards, and nothing was a bug."""
    yield
    assert server.is_well()
    assert [line for line in server.log() if line["event"] == "bug"] == []


def pieces(megabytes, *, chunked):
    piece = b"x" * 50_000
    if chunked:
        piece = b"c350\r\n" + piece + b"\r\n"
    return itertools.repeat(piece, megabytes * 20)


def test_a_body_of_100_mb_for_a_table(server):
    check_body(server, "/v1/imports/people", "chunked", server.keys["admin"])


@pytest.mark.slow
def test_a_body_of_100_mb(server, subtests):
    for path in ("/v1/people/00002/plans", "/v1/offerings/x", "/v1/imports/people", "/nowhere"):
        for way in ("declared", "chunked"):
            for role, key in (("admin", server.keys["admin"]), ("nobody", "")):
                with subtests.test(path=path, way=way, role=role):
                    check_body(server, path, way, key)


def check_body(server, path, way, key):
    """Send 100 MB: they are refused early, and never held."""
    method = "PUT" if "offerings" in path else "POST"
    if way == "declared":
        head = request(method, path, key=key, length=100 * MEGABYTE)
    else:
        head = request(method, path, key=key, headers=CHUNKED)
    with MemoryWatch(server.process) as memory:
        answer = server.say(head, pieces(100, chunked=way == "chunked"))
    if way == "declared":
        assert answer.problem["type"].endswith("request.too-large")
    elif path == "/nowhere":
        assert answer.problem["status"] == 404
    elif "imports" in path and not key:
        assert answer.problem["status"] == 401
    else:
        assert answer.problem["type"].endswith("request.too-large")
    # of a table as much is taken as a table may have, and then let go
    allowed = 50 if "imports" in path and way == "chunked" and key else 0
    assert memory.growth < (3 * allowed + 20) * MEGABYTE
    assert server.logged(answer.problem["request_id"])["status"] == answer.status


def test_a_body_announced_and_asked_for(server):
    """`Expect: 100-continue`: the refusal comes instead of the invitation."""
    head = request(
        "PUT", "/v1/offerings/x", length=100 * MEGABYTE, headers={"Expect": "100-continue"}
    )
    assert server.say(head).problem["status"] == 413


def test_lengths_that_are_none(server, subtests):
    for length in ["-1", "1e3", "0x10", "9" * 30, "1,2", "½", ""]:
        with subtests.test(length=length):
            answer = server.say(
                request("PUT", "/v1/offerings/x").replace(
                    b"Host", f"Content-Length: {length}\r\nHost".encode("latin-1")
                )
            )
            assert answer.problem["status"] == 400


def test_two_lengths_that_differ(server):
    head = request("PUT", "/v1/offerings/x", headers={"Content-Length": "5"}, length=6)
    assert server.say(head, b"{}{}{}").problem["status"] == 400


def test_a_slow_body(server):
    head = request("PUT", "/v1/offerings/x", key=server.keys["admin"], length=100)
    answer = server.say(head, b"{")
    assert answer.problem["type"].endswith("request.too-slow")
    assert answer.seconds >= SLOW_SECONDS
    assert server.logged(answer.problem["request_id"])["status"] == 408


@pytest.mark.slow
def test_a_body_that_drips(server):
    head = request("PUT", "/v1/offerings/x", key=server.keys["admin"], length=1000)
    drips, pause = 400, SLOW_SECONDS / 4
    answer = server.say(head, *[b"x"] * drips, pause=pause)
    assert answer.problem["type"].endswith("request.too-slow")
    assert answer.seconds < drips * pause / 2  # it was told to stop long before the end


def test_slow_headers(server):
    head = request("GET", "/v1/me", key=server.keys["admin"])
    answer = server.say(head[:-2])
    assert answer.problem["type"].endswith("request.too-slow")
    assert server.logged(answer.problem["request_id"])["status"] == 408


def test_headers_that_drip(server):
    drops, pause = [f"X-{i}: 1\r\n".encode() for i in range(400)], SLOW_SECONDS / 10
    answer = server.say(b"GET /v1/me HTTP/1.1\r\nHost: x\r\n", *drops, pause=pause)
    assert answer.status in (408, 0)  # it writes on, and may not see that it was told to stop
    assert answer.seconds < len(drops) * pause / 2  # it was told to stop long before the end


def test_a_second_request_on_a_connection_is_waited_for_no_longer(server):
    with server.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        answered = b""
        while not answered.endswith(b'{"status":"ok"}'):
            answered += connection.recv(65536)
        assert b"200 OK" in answered
        connection.sendall(b"GET /hea")
        assert b" 408 " in connection.recv(65536)


def test_others_are_answered_meanwhile(server):
    """500 connections that send nothing, 50 with half a header, 50 with half a body."""
    key = server.keys["employee"]
    waiting: list[socket.socket] = []
    try:
        waiting.extend(server.connect() for _ in range(500))
        for part in (b"GET /v1/me HTTP/1.1\r\nHost", request("PUT", "/v1/offerings/x", length=50)):
            for _ in range(50):
                waiting.append(server.connect())
                waiting[-1].sendall(part)
        meanwhile = seconds_of_five_answers(server, key)
        for connection in waiting:  # and none is held for ever
            while connection.recv(65536):
                pass
    finally:
        for connection in waiting:
            connection.close()
    # how fast a machine is does not matter, how much slower the answers come does
    assert meanwhile < 5 + 10 * seconds_of_five_answers(server, key)


def seconds_of_five_answers(server, key):
    began = time.monotonic()
    for _ in range(5):
        assert server.ask("GET", f"/v1/people/{EMPLOYEE}/gaps", key=key).status == 200
    return time.monotonic() - began


@pytest.mark.parametrize("sent", ["half a head", "half a body", "all, and hangs up"])
def test_a_client_that_goes_away(server, sent):
    key = server.keys["admin"]
    for _ in range(20):
        with server.connect() as connection:
            if sent == "half a head":
                connection.sendall(request("GET", "/v1/me", key=key)[:40])
            elif sent == "half a body":
                connection.sendall(request("PUT", "/v1/offerings/x", key=key, length=50) + b"{")
            else:
                connection.sendall(request("GET", f"/v1/people/{EMPLOYEE}/gaps", key=key))
    assert server.ask("GET", "/v1/me", key=key).status == 200


def test_what_is_no_http(server, subtests):
    for sent in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
        b"\x00\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v1/me\r\n\r\n",
        b"GET  /v1/me HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/me\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nSpa ce: 1\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-A: a\rSet-Cookie: injected\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
        b"PUT /v1/me HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"PUT /v1/offerings/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PUT /v1/offerings/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"f" * 21
        + b"\r\n",
    ]:
        with subtests.test(sent=sent):
            answer = server.say(sent)
            assert answer.problem["status"] == 400
            assert b"injected" not in str(answer.headers).encode()
            assert server.logged(answer.problem["request_id"])["status"] == 400


def test_headers_without_end(server):
    with MemoryWatch(server.process) as memory:
        answer = server.say(
            b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-A: ", itertools.repeat(b"a" * 1000, 100_000)
        )
    assert answer.status in (431, 0)  # 0: it went on writing, and its system forgot the answer
    assert memory.growth < 20 * MEGABYTE
    assert [line for line in server.log() if line.get("status") == 431]


@pytest.mark.parametrize("size", [8_000, 65_536])
def test_absurd_headers(server, size):
    for name in ("X-Absurd", "Accept-Language", "X-Request-ID", "If-None-Match", "Accept"):
        head = request("GET", "/v1/me", key=server.keys["admin"], headers={name: "a" * size})
        answer = server.say(head)
        assert answer.status in (200, 431)
        assert all(len(value) < 1000 for _, value in answer.headers)
    many = {f"X-{number}": "1" for number in range(size // 10)}
    answer = server.say(request("GET", "/v1/me", key=server.keys["admin"], headers=many))
    assert answer.status in (200, 431)


INJECTED = "Injected: yes"


def test_nothing_of_a_header_comes_back_in_one(server, subtests):
    for breaks in ["\r\n", "\n", "%0d%0a", "\\r\\n", "\u0085", "\x0b"]:
        for name in ["X-Request-ID", "Accept-Language", "Idempotency-Key", "If-Match"]:
            with subtests.test(breaks=breaks, name=name):
                head = request(
                    "POST",
                    "/v1/people/nobody/plans",
                    key=server.keys["admin"],
                    length=2,
                    headers={name: f"abcdefgh{breaks}{INJECTED}"},
                )
                answer = server.say(head, b"{}")
                assert 400 <= answer.status < 500
                assert answer.problem
                assert "njected" not in str(answer.headers)


def test_nothing_of_a_path_or_a_file_name_comes_back_in_a_header(server, subtests):
    for breaks in ["%0d%0a", "%0a", "%E5%98%8A%E5%98%8D", "%22%0d%0a", "%c2%85"]:
        with subtests.test(breaks=breaks):
            key, bad = server.keys["admin"], f"x{breaks}Injected:%20yes"
            body = json.dumps(
                {
                    "module_id": "account-handover-visit-coaching",
                    "starts_on": "2027-03-01",
                    "ends_on": "2027-03-02",
                }
            ).encode()
            for answer in (
                server.ask("PUT", f"/v1/offerings/{bad}", key=key, body=body),
                server.ask("POST", f"/v1/imports/people?filename={bad}.csv", key=key),
                server.ask("GET", f"/v1/import-templates/{bad}", key=key),
                server.ask("GET", f"/v1/people/{bad}/gaps", key=key),
                server.ask("GET", f"/{bad}", key=key),
            ):
                assert answer.status < 500
                assert "injected" not in {name for name, _ in answer.headers}
                assert not any(
                    re.search(r"[\x00-\x1f\x7f-\x9f]", value) for _, value in answer.headers
                )


def test_what_the_host_header_says_is_of_no_account(server, subtests):
    for host in [
        "",
        "[::1",
        "a b",
        "evil.example:99999",
        "x" * 2000,
        "../..",
        "<script>",
        "a,b",
        "@:0",
    ]:
        with subtests.test(host=host):
            for method, path in (("GET", "/v1/me"), ("GET", "/v1/me/"), ("PUT", "/v1/offerings/x")):
                head = request(
                    method,
                    path,
                    key=server.keys["admin"],
                    length=2,
                    headers={"Idempotency-Key": "a"},
                ).replace(b"Host: test", f"Host: {host}".encode())
                answer = server.say(head, b"{}")
                assert answer.status in (200, 400, 404, 422)
                # nor is anybody sent there
                assert "location" not in dict(answer.headers)


def test_headers_that_claim_another_request(server, subtests):
    for headers in [
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-HTTP-Method": "DELETE"},
        {"X-Method-Override": "DELETE"},
        {"X-Original-URL": "/v1/audit"},
        {"X-Rewrite-URL": "/v1/audit"},
        {"X-Forwarded-Prefix": "/evil"},
        {"X-Forwarded-Host": "evil.example"},
    ]:
        with subtests.test(headers=headers):
            head = request("GET", "/v1/me", key=server.keys["admin"], headers=headers)
            answer = server.say(head)
            assert answer.status == 200
            assert json.loads(answer.body)["role"] == "admin"
            assert b"evil" not in answer.body + str(answer.headers).encode()


def test_methods_that_are_none(server, subtests):
    for method in ["TRACE", "CONNECT", "PROPFIND", "GETX", "get", "A" * 5000]:
        with subtests.test(method=method):
            answer = server.ask(method, "/v1/me", key=server.keys["admin"])
            assert answer.problem["status"] in (404, 405)
            assert server.logged(answer.problem["request_id"])["method"] == "other"


def test_the_figures_of_monitoring_do_not_grow_with_what_clients_make_up(server):
    key = server.keys["admin"]

    def series():
        return server.ask("GET", "/metrics", key=key).body.count(b"recommender_requests_total{")

    server.ask("MADEUP", "/v1/me", key=key)
    server.ask("GET", "/made/up", key=key)
    series()
    before = series()
    for number in range(20):
        server.ask(f"MADEUP{number}", "/v1/me", key=key)
        server.ask("GET", f"/made/up/{number}", key=key)
    assert series() == before


def test_pipelined_requests_are_answered_in_turn(server):
    one = b"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
    key = server.keys["employee"].encode()
    with server.connect() as connection:
        connection.sendall((one % key) * 50)
        got = b""
        while got.count(b'"role":"employee"') < 50:
            got += connection.recv(65536)
    assert got.count(b"HTTP/1.1 200 OK") == 50


def test_no_log_line_names_anybody(server):
    """Ids and names in paths, queries, headers and bodies, refused and answered."""
    key = server.keys["employee"]
    for method, path in (
        ("GET", f"/v1/people/{EMPLOYEE}/gaps"),
        ("GET", f"/v1/people/{OUTSIDE}/gaps"),
        ("GET", f"/v1/people/{OUTSIDE}/nothing"),
        ("GET", f"/v1/people?q={OUTSIDE}"),
        ("GET", f"/v1/people?manager_id={OUTSIDE}&{OUTSIDE}=1"),
        ("GET", f"/{OUTSIDE}"),
        ("DELETE", f"/v1/people/{OUTSIDE}"),
        (f"GET{OUTSIDE}", "/v1/me"),
    ):
        server.ask(method, path, key=key)
        server.ask(method, path, key=f"trk_{OUTSIDE}")
    server.ask("POST", "/v1/people", key=server.keys["hr"], body=f'{{"name": "{OUTSIDE}"'.encode())
    server.say(f"{OUTSIDE}\r\n\r\n".encode())
    lines = [
        {name: value for name, value in line.items() if name not in ("timestamp", "request_id")}
        for line in server.log()
    ]
    named = re.compile(rf"(?<![0-9a-f.])({EMPLOYEE}|{OUTSIDE})(?![0-9a-f.])")
    assert [line for line in lines if named.search(json.dumps(line, ensure_ascii=False))] == []
    assert not re.search(
        rf"(?<![0-9a-f.])({EMPLOYEE}|{OUTSIDE})(?![0-9a-f.])",
        "".join(line for line in server.log_text().splitlines() if not line.startswith("{")),
    )
