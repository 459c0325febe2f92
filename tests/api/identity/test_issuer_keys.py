"""The provider's keys: rotated, down, slow, rubbish, and asked for by an attacker."""

from __future__ import annotations

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey
from token_issuer import AUDIENCE, Answer, TokenIssuer, make_key, published

from api.identity import issuer_keys
from api.identity.issuer_keys import MAX_WAITING, parse_keys
from api.identity.tokens import TokenRefused, TokenVerifier

NOW = 1_800_000_000
DAY = 24 * 3600


@dataclass
class Clocks:
    """The clock on the wall, which may be set, and the one that only goes on."""

    wall: float = NOW
    elapsed: float = 0

    def go_on(self, seconds: float) -> None:
        self.wall += seconds
        self.elapsed += seconds


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def issuer(clocks):
    with TokenIssuer(now=lambda: clocks.wall) as issuer:
        yield issuer


@pytest.fixture
def verifier(issuer, clocks):
    return verifier_of(issuer, clocks)


def verifier_of(issuer, clocks, **changes):
    arguments = {
        "issuer": issuer.url,
        "audience": AUDIENCE,
        "jwks": issuer.jwks_url,
        "now": lambda: clocks.wall,
        "elapsed": lambda: clocks.elapsed,
        **changes,
    }
    return TokenVerifier(**arguments)


def reason(verifier, token):
    with pytest.raises(TokenRefused) as refusal:
        verifier.verify(token)
    return refusal.value.reason


def until(condition, seconds=120):
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not come to pass"
        time.sleep(0.005)


def read_again(verifier):
    """Wait for the reading under way, if there is one."""
    until(lambda: verifier.keys._reading.done.is_set())


def closed():
    """Return an answer that is held back until its gate is set."""
    return Answer(gate=threading.Event())


class TestHeld:
    def test_nothing_is_read_before_a_token_comes(self, issuer, verifier):
        assert issuer.requests == []
        verifier.verify(issuer.mint())
        assert issuer.requests == ["/jwks"]

    def test_loaded_on_demand_before_the_first_token(self, issuer, verifier):
        verifier.keys.load()
        verifier.keys.load()
        assert issuer.requests == ["/jwks"]
        issuer.stop()
        assert verifier.verify(issuer.mint())

    def test_for_ten_minutes(self, issuer, verifier, clocks):
        for _ in range(3):
            verifier.verify(issuer.mint())
            clocks.go_on(199)
        assert len(issuer.requests) == 1
        clocks.go_on(4)
        verifier.verify(issuer.mint())
        until(lambda: len(issuer.requests) == 2)

    def test_what_is_refused_anyway_reads_nothing(self, issuer, verifier):
        for token in ("a.b.c", issuer.mint(alg="none"), issuer.mint(header={"crit": ["exp"]})):
            reason(verifier, token)
        assert issuer.requests == []

    def test_a_thousand_requests_at_once_read_once(self, issuer, verifier):
        token = issuer.mint(alg="ES256", kid="ec-1")
        verifier.keys.load()
        with ThreadPoolExecutor(16) as pool:
            assert len(list(pool.map(verifier.verify, [token] * 1000))) == 1000
        assert len(issuer.requests) == 1


class TestRotated:
    def test_a_new_key_is_found_at_once(self, issuer, verifier, clocks):
        verifier.verify(issuer.mint())
        clocks.go_on(30)
        issuer.keys["rsa-2"] = make_key("RSA", "second")
        assert verifier.verify(issuer.mint(kid="rsa-2"))
        assert len(issuer.requests) == 2

    def test_a_key_taken_back_is_refused_within_ten_minutes(self, issuer, verifier, clocks):
        verifier.verify(issuer.mint())
        old = issuer.keys.pop("rsa-1")
        clocks.go_on(601)
        verifier.verify(issuer.mint(key=old))  # the last one: the keys are read again behind it
        read_again(verifier)
        assert reason(verifier, issuer.mint(key=old)) == "unknown-key"
        assert verifier.verify(issuer.mint(alg="ES256", kid="ec-1"))

    def test_unknown_ids_do_not_hammer_the_provider(self, issuer, verifier, clocks):
        for number in range(200):
            forged = issuer.mint(kid=f"random-{number}", key=make_key("RSA"))
            assert reason(verifier, forged) == "unknown-key"
            clocks.go_on(0.1)
        assert len(issuer.requests) == 1
        clocks.go_on(10)
        assert reason(verifier, forged) == "unknown-key"
        assert len(issuer.requests) == 2

    def test_the_only_key_needs_no_id(self, issuer, verifier, clocks):
        del issuer.keys["ec-1"]
        key = issuer.keys["rsa-1"]
        assert verifier.verify(issuer.mint(kid=None, key=key))
        issuer.keys["rsa-2"] = make_key("RSA", "second")
        clocks.go_on(601)
        verifier.verify(issuer.mint())
        read_again(verifier)
        assert reason(verifier, issuer.mint(kid=None, key=key)) == "unknown-key"

    def test_two_keys_of_one_id_are_both_tried(self, issuer, verifier):
        keys = [make_key("RSA"), make_key("RSA", "second"), make_key("P-256")]
        entries = [published(key, "same") for key in keys]
        issuer.answer = Answer(json.dumps({"keys": entries}).encode())
        for key, alg in zip(keys, ("RS256", "RS256", "ES256"), strict=True):
            assert verifier.verify(issuer.mint(kid="same", key=key, alg=alg))


class TestDown:
    def test_without_keys_nothing_is_believed(self, issuer, verifier, clocks, caplog):
        token = issuer.mint()
        issuer.stop()
        assert reason(verifier, token) == "keys-unavailable"
        assert "JWKS not read from http://127.0.0.1" in caplog.text
        issuer.start()
        assert reason(verifier, token) == "keys-unavailable"  # asked a moment ago
        clocks.go_on(30)
        assert verifier.verify(token)

    def test_keys_held_last_a_day(self, issuer, verifier, clocks, caplog):
        verifier.verify(issuer.mint())
        issuer.stop()
        for _ in range(23):
            clocks.go_on(3600)
            assert verifier.verify(issuer.mint())
            read_again(verifier)
        assert caplog.text.count("JWKS not read") == 23
        clocks.go_on(3600)
        assert reason(verifier, issuer.mint()) == "keys-unavailable"
        issuer.start()
        clocks.go_on(30)
        assert verifier.verify(issuer.mint())

    def test_the_clock_on_the_wall_may_be_set(self, issuer, verifier, clocks):
        token = issuer.mint()
        verifier.verify(token)
        for jump in (-DAY, 400 * DAY, -400 * DAY):
            clocks.wall += jump
            clocks.elapsed += 1
            assert verifier.verify(issuer.mint())
        assert len(issuer.requests) == 1
        # a token from before the clock went back lies ahead of it, until the clock is right again
        assert reason(verifier, token) == "claims"
        clocks.wall += DAY
        assert verifier.verify(token)


class TestSlow:
    def test_keys_held_are_not_waited_for(self, issuer, verifier, clocks):
        verifier.verify(issuer.mint())
        issuer.answer = closed()
        clocks.go_on(601)
        for _ in range(50):
            assert verifier.verify(issuer.mint())
        assert not verifier.keys._reading.done.is_set()
        issuer.answer.gate.set()
        read_again(verifier)
        assert len(issuer.requests) == 2

    def test_few_wait_for_a_key_that_is_not_held(self, issuer, verifier, clocks):
        """Random key ids must not take all threads, and keys held go on serving."""
        verifier.keys.load()
        clocks.go_on(30)
        issuer.answer = closed()
        forged = [issuer.mint(kid=f"random-{n}", key=make_key("RSA")) for n in range(60)]
        with ThreadPoolExecutor(60) as pool:
            asked = [pool.submit(reason, verifier, token) for token in forged]
            until(lambda: sum(answer.done() for answer in asked) == 60 - MAX_WAITING)
            assert verifier.verify(issuer.mint())
            assert sum(answer.done() for answer in asked) == 60 - MAX_WAITING
            issuer.answer.gate.set()
            assert {answer.result() for answer in asked} == {"unknown-key"}
        assert len(issuer.requests) == 2

    def test_who_waits_gets_the_new_key(self, issuer, verifier, clocks):
        verifier.keys.load()
        clocks.go_on(30)
        issuer.keys["rsa-2"] = make_key("RSA", "second")
        issuer.answer = closed()
        token = issuer.mint(kid="rsa-2")
        with ThreadPoolExecutor(MAX_WAITING) as pool:
            asked = [pool.submit(verifier.verify, token) for _ in range(MAX_WAITING)]
            until(lambda: len(issuer.requests) == 2)
            issuer.answer.gate.set()
            assert all(answer.result() for answer in asked)
        assert len(issuer.requests) == 2

    @pytest.mark.parametrize("trickles", [False, True])
    def test_waiting_has_an_end(self, issuer, verifier, trickles, monkeypatch, caplog):
        monkeypatch.setattr(issuer_keys, "READ_SECONDS", 0.2)
        issuer.answer = answer = Answer(pause_seconds=0.02) if trickles else closed()
        assert reason(verifier, issuer.mint()) == "keys-unavailable"
        read_again(verifier)
        assert "TimeoutError" in caplog.text
        answer.gate.set()

    def test_a_reading_that_hung_does_not_replace_a_later_one(
        self, issuer, verifier, clocks, monkeypatch
    ):
        hung, go_on = threading.Event(), threading.Event()
        old, read = issuer.jwks(), issuer_keys.read_location

        def hang(location):
            monkeypatch.setattr(issuer_keys, "read_location", read)
            hung.set()
            go_on.wait(300)
            return old

        monkeypatch.setattr(issuer_keys, "read_location", hang)
        monkeypatch.setattr(issuer_keys, "READ_SECONDS", 0.1)
        assert reason(verifier, issuer.mint()) == "keys-unavailable"
        first = verifier.keys._reading
        issuer.keys["rsa-2"] = make_key("RSA", "second")
        clocks.go_on(31)
        monkeypatch.setattr(issuer_keys, "READ_SECONDS", 120)
        assert verifier.verify(issuer.mint(kid="rsa-2"))
        go_on.set()
        until(first.done.is_set)
        assert verifier.verify(issuer.mint(kid="rsa-2"))


RUBBISH = {
    "nothing": Answer(b""),
    "a page": Answer(b"<html>Wartung</html>", headers={"Content-Type": "text/html"}),
    "no JWKS": Answer(b"[]"),
    "no keys": Answer(b'{"keys": []}'),
    "keys that are none": Answer(b'{"keys": {"rsa-1": 1}}'),
    "deep": Answer(b"[" * 100_000),
    "no text": Answer(b"\xff\xfe\x00"),
    "no HTTP": Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n"),
    "a server error": Answer(b"", status=503),
    "not found": Answer(b"", status=404),
    "a body cut short": Answer(b'{"keys"', headers={"Content-Length": "500"}),
    "a redirect to a file": Answer(b"", 302, {"Location": "file:///etc/passwd"}),
    "a redirect to itself": Answer(b"", 302, {"Location": "/jwks"}),
    "a redirect to nowhere": Answer(b"", 302, {"Location": "http://[::1/"}),
    "a bad header": Answer(b"", headers={"Content-Length": "many"}),
}


@pytest.mark.parametrize("answer", RUBBISH.values(), ids=RUBBISH)
def test_rubbish_leaves_the_keys_that_are_held(issuer, verifier, clocks, answer, caplog):
    verifier.verify(issuer.mint())
    issuer.answer = answer
    clocks.go_on(601)
    assert verifier.verify(issuer.mint())
    read_again(verifier)
    assert "JWKS not read" in caplog.text
    assert verifier.verify(issuer.mint())
    # and where none are held, none are made up
    assert reason(verifier_of(issuer, clocks), issuer.mint()) == "keys-unavailable"


def test_a_redirect_within_the_scheme_is_followed(issuer, clocks):
    with TokenIssuer(issuer.keys) as front:
        front.answer = Answer(b"", 302, {"Location": issuer.jwks_url})
        assert verifier_of(issuer, clocks, jwks=front.jwks_url).verify(issuer.mint())


@pytest.mark.parametrize("place", ["https://127.0.0.1:9/", "ftp://x/"])
def test_a_redirect_to_another_scheme_is_not(issuer, clocks, place, caplog):
    issuer.answer = Answer(b"", 302, {"Location": place})
    assert reason(verifier_of(issuer, clocks), issuer.mint()) == "keys-unavailable"
    assert "redirect to another scheme" in caplog.text


def test_a_jwks_of_more_than_a_megabyte_is_not_read(tmp_path, issuer, clocks, caplog):
    large = issuer.jwks().ljust(1_000_000)
    path = tmp_path / "jwks.json"
    for content, expected in ((large + b" ", "keys-unavailable"), (large, None)):
        issuer.answer = Answer(content)
        path.write_bytes(content)
        for jwks in (issuer.jwks_url, str(path)):
            verifier = verifier_of(issuer, clocks, jwks=jwks)
            if expected:
                assert reason(verifier, issuer.mint()) == expected
            else:
                assert verifier.verify(issuer.mint())
    assert caplog.text.count("more than 1000000 bytes") == 2


class TestFile:
    def test_serves_like_a_url(self, tmp_path, issuer, clocks):
        path = tmp_path / "钥匙.json"
        verifier = verifier_of(issuer, clocks, jwks=str(path))
        assert reason(verifier, issuer.mint()) == "keys-unavailable"
        path.write_bytes(issuer.jwks())
        clocks.go_on(30)
        assert verifier.verify(issuer.mint())
        issuer.keys["rsa-2"] = make_key("RSA", "second")
        path.write_bytes(issuer.jwks())
        clocks.go_on(30)
        assert verifier.verify(issuer.mint(kid="rsa-2"))
        path.unlink()
        clocks.go_on(700)
        assert verifier.verify(issuer.mint())
        assert issuer.requests == []


def modulus_of(bits):
    return base64.urlsafe_b64encode(b"\xff" * (bits // 8)).decode().rstrip("=")


class TestParsing:
    GOOD = published(make_key("P-256"), "good")
    LEFT_OUT = (
        published(make_key("RSA"), "x", use="enc"),
        published(make_key("RSA"), "x", alg="RSA-OAEP"),
        published(make_key("RSA"), "x", key_ops=["encrypt"]),
        published(make_key("RSA"), "x", key_ops="verify"),
        published(make_key("RSA"), "x", alg=["RS256"]),
        {"kty": "RSA", "kid": "x", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "x", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "kid": "x", "n": modulus_of(1024), "e": "AQAB"},
        {"kty": "RSA", "kid": "x", "n": modulus_of(16384), "e": "AQAB"},
        {"kty": "RSA", "kid": "x", "n": "A" * 342, "e": "AQAB"},
        {"kty": "RSA", "kid": "x"},
        {"kty": "EC", "kid": "x", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "kid": "x", "crv": ["P-256"]},
        {"kty": "oct", "kid": "x", "k": "AAAA"},
        {"kty": "AKP", "kid": "x", "alg": "ML-DSA-44", "pub": "AAAA"},
        {"kty": None},
        {"kty": ["RSA"]},
        {},
        "key",
        None,
    )

    def test_one_bad_key_does_not_spoil_the_others(self, subtests):
        for entry in self.LEFT_OUT:
            with subtests.test(entry=entry):
                content = json.dumps({"keys": [entry, self.GOOD]}).encode()
                assert [key.kid for key in parse_keys(content)] == ["good"]
                with pytest.raises(ValueError, match="no key for signatures"):
                    parse_keys(json.dumps({"keys": [entry]}).encode())

    @pytest.mark.parametrize("crv", ["P-521", "secp256k1"])
    def test_curves_of_no_allowed_algorithm_are_left_out(self, crv):
        entry = published(ECKey.generate_key(crv), "x")
        assert len(parse_keys(json.dumps({"keys": [entry, self.GOOD]}).encode())) == 1
        entry = published(OKPKey.generate_key("X25519"), "x")
        assert len(parse_keys(json.dumps({"keys": [entry, self.GOOD]}).encode())) == 1

    def test_a_key_this_machine_cannot_use_is_left_out(self, monkeypatch):
        def import_key(entry):
            if entry["kid"] == "x":
                raise UnsupportedAlgorithm("not with this OpenSSL")
            return ours(entry)

        ours = issuer_keys.import_key
        monkeypatch.setattr(issuer_keys, "import_key", import_key)
        entry = published(make_key("Ed448"), "x")
        assert len(parse_keys(json.dumps({"keys": [entry, self.GOOD]}).encode())) == 1

    def test_what_a_provider_adds_to_a_key_is_not_looked_at(self):
        added = {"x5c": "no list", "x5u": "nowhere", "x5t": 5, "exp": 0, "key_ops": ["verify"]}
        assert parse_keys(json.dumps({"keys": [{**self.GOOD, **added}]}).encode())

    def test_a_private_key_published_by_mistake_is_held_as_public(self):
        private = dict(RSAKey.generate_key(2048).as_dict(private=True), kid="x")
        (key,) = parse_keys(json.dumps({"keys": [private]}).encode())
        assert not key.is_private
        assert "d" not in key.dict_value

    JSON = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
    MEMBER = st.sampled_from(["kty", "kid", "use", "key_ops", "alg", "crv", "x", "y", "n", "e"])
    VALUE = st.sampled_from(["RSA", "EC", "OKP", "P-256", "Ed25519", "AQAB", "sig"]) | JSON

    @given(st.dictionaries(MEMBER, VALUE), st.sampled_from([GOOD, published(make_key("RSA"), "r")]))
    def test_any_key_is_read_or_left_out(self, members, base):
        content = json.dumps({"keys": [{**base, **members}, self.GOOD]}).encode()
        assert len(parse_keys(content)) in (1, 2)
