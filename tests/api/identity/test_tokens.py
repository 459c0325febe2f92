"""Which bearer tokens give access, and why the others do not."""

from __future__ import annotations

import base64
import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OctKey
from token_issuer import AUDIENCE, TokenIssuer, make_key, published, sign, sign_with_secret

from api.identity.tokens import ROLES, Claims, TokenRefused, TokenVerifier

NOW = 1_800_000_000


def verifier_of(issuer: TokenIssuer, /, **changes) -> TokenVerifier:
    arguments = {
        "issuer": issuer.url,
        "audience": AUDIENCE,
        "jwks": issuer.jwks_url,
        "now": lambda: NOW,
        **changes,
    }
    return TokenVerifier(**arguments)


@pytest.fixture(scope="module")
def issuer():
    keys = {
        "rsa-1": make_key("RSA"),
        "ec-1": make_key("P-256"),
        "ec-384": make_key("P-384"),
        "ed-1": make_key("Ed25519"),
    }
    with TokenIssuer(keys, now=lambda: NOW) as issuer:
        yield issuer


@pytest.fixture(scope="module")
def verifier(issuer):
    return verifier_of(issuer)


def reason(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(TokenRefused) as refusal:
        verifier.verify(token)
    return refusal.value.reason


def outcome(verifier: TokenVerifier, token: str) -> str:
    """Return the reason of the refusal, or the subject of a good token."""
    try:
        return verifier.verify(token).subject
    except TokenRefused as refusal:
        return refusal.reason


def test_a_good_token_says_who_is_asking(issuer, verifier):
    token = issuer.mint(sub="7f3", role="manager", person_id="王芳-12", org_unit="华东/上海")
    assert verifier.verify(token) == Claims(
        subject="7f3",
        issuer=issuer.url,
        role="manager",
        person_id="王芳-12",
        org_unit="华东/上海",
        expires_at=dt.datetime.fromtimestamp(NOW + 300, dt.UTC),
    )


def test_algorithms_with_public_keys_are_good(issuer, verifier, subtests):
    for alg, kid in [
        ("RS256", "rsa-1"),
        ("RS384", "rsa-1"),
        ("RS512", "rsa-1"),
        ("PS256", "rsa-1"),
        ("ES256", "ec-1"),
        ("ES384", "ec-384"),
        ("EdDSA", "ed-1"),
    ]:
        with subtests.test(alg=alg, kid=kid):
            assert verifier.verify(issuer.mint(alg=alg, kid=kid)).subject == "user-1"


class TestForged:
    def test_without_a_signature(self, issuer, verifier):
        assert reason(verifier, issuer.mint(alg="none")) == "algorithm"
        for spelling in ("None", "NONE", "nOnE", ""):
            token = sign_with_secret({"alg": spelling, "kid": "rsa-1"}, b"{}", b"")
            assert reason(verifier, token.rsplit(".", 1)[0] + ".") == "algorithm"

    def test_with_the_signature_cut_off(self, issuer, verifier):
        token = issuer.mint(role="admin")
        assert reason(verifier, token.rsplit(".", 1)[0] + ".") == "signature"

    def test_with_the_public_key_as_a_shared_secret(self, issuer, verifier):
        payload = json.dumps(issuer.claims(role="admin")).encode()
        key = issuer.keys["rsa-1"]
        secrets = [key.as_pem(private=False), key.as_der(private=False), issuer.jwks()]
        for secret in [*secrets, json.dumps(published(key, "rsa-1")).encode()]:
            token = sign_with_secret({"alg": "HS256", "kid": "rsa-1"}, payload, secret)
            assert reason(verifier, token) == "algorithm"

    def test_by_another_key_under_a_known_id(self, issuer, verifier):
        token = issuer.mint(role="admin", key=make_key("RSA", "of an attacker"))
        assert reason(verifier, token) == "signature"

    def test_with_claims_changed_after_signing(self, issuer, verifier):
        head, _, signature = issuer.mint(role="employee").split(".")
        changed = json.dumps(issuer.claims(role="admin")).encode()
        body = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
        assert reason(verifier, f"{head}.{body}.{signature}") == "signature"

    @pytest.mark.parametrize(("alg", "kid"), [("ES256", "rsa-1"), ("ES256", "ec-384")])
    def test_with_an_algorithm_that_is_not_of_the_key(self, issuer, verifier, alg, kid):
        token = issuer.mint(alg=alg, kid=kid, key=make_key("P-256", "of an attacker"))
        assert reason(verifier, token) == "algorithm"

    def test_with_an_algorithm_that_is_not_allowed(self, issuer, verifier, subtests):
        for alg in ["ES512", "ES256K", "PS384", "PS512", "HS512", "dir"]:
            with subtests.test(alg=alg):
                token = sign_with_secret({"alg": alg, "kid": "rsa-1"}, b"{}", b"secret")
                assert reason(verifier, token) == "algorithm"

    def test_with_a_key_id_that_points_elsewhere(self, issuer, verifier, subtests):
        for kid in [
            "../../../../dev/null",
            "/dev/null",
            "http://127.0.0.1:9/jwks",
            "file:///etc/passwd",
            "x' UNION SELECT 'secret",
            "rsa-1\x00",
            "RSA-1",
            "",
        ]:
            with subtests.test(kid=kid):
                forged = make_key("RSA", "of an attacker")
                assert reason(verifier, issuer.mint(kid=kid, key=forged)) == "unknown-key"

    def test_with_a_key_of_its_own_in_the_header(self, issuer, verifier):
        forged = make_key("RSA", "of an attacker")
        own = published(forged, "rsa-1")
        with TokenIssuer({"rsa-1": forged}) as other:
            for header in (
                {"jwk": own},
                {"jku": other.jwks_url},
                {"x5u": other.jwks_url},
                {"x5c": [base64.b64encode(forged.as_der(private=False)).decode()]},
            ):
                assert reason(verifier, issuer.mint(key=forged, header=header)) == "signature"
            assert other.requests == []

    def test_for_a_purpose_it_was_not_signed_for(self, issuer, verifier):
        for kind in ("dpop+jwt", "logout+jwt", "application/secevent+jwt", 7):
            assert reason(verifier, issuer.mint(header={"typ": kind})) == "malformed"
        for kind in ("JWT", "jwt", "at+jwt", "application/at+jwt"):
            assert verifier.verify(issuer.mint(header={"typ": kind}))

    def test_with_critical_headers(self, issuer, verifier):
        for header in ({"crit": ["exp"]}, {"crit": []}, {"crit": ["b64"], "b64": False}):
            assert reason(verifier, issuer.mint(header=header)) == "malformed"
        assert reason(verifier, issuer.mint(header={"b64": True})) == "malformed"


def test_headers_a_provider_adds_are_no_reason_to_refuse(issuer, verifier):
    own = {"nonce": "x" * 600, "x5t": "abc", "jku": issuer.jwks_url, "cty": "JWT", "org.id": 7}
    assert verifier.verify(issuer.mint(header=own))


class TestWhen:
    def test_out_of_time(self, issuer, verifier, subtests):
        for claims, expected in [
            ({"exp": NOW - 61}, "expired"),
            ({"exp": NOW - 60}, "expired"),
            ({"exp": 0}, "expired"),
            ({"exp": -1e300}, "expired"),
            ({"exp": None}, "claims"),
            ({"exp": "2099-01-01"}, "claims"),
            ({"exp": True}, "claims"),
            ({"exp": 1e300}, "claims"),
            ({"exp": float("nan")}, "claims"),
            ({"exp": float("inf")}, "claims"),
            ({"nbf": NOW + 61}, "claims"),
            ({"nbf": "soon"}, "claims"),
            ({"iat": NOW + 61}, "claims"),
            ({"iat": [NOW]}, "claims"),
        ]:
            with subtests.test(claims=claims, expected=expected):
                assert reason(verifier, issuer.mint(**claims)) == expected

    def test_clocks_may_be_a_minute_apart(self, issuer, verifier, subtests):
        for claims in [{"exp": NOW - 59}, {"nbf": NOW + 60}, {"iat": NOW + 60}, {"iat": None}]:
            with subtests.test(claims=claims):
                assert verifier.verify(issuer.mint(**claims))

    def test_no_leeway_where_none_is_set(self, issuer):
        strict = verifier_of(issuer, leeway_seconds=0)
        assert reason(strict, issuer.mint(exp=NOW)) == "expired"
        assert strict.verify(issuer.mint(exp=NOW + 1))


def test_claims_that_do_not_hold(issuer, verifier, subtests):
    for claims, expected in [
        ({"iss": "https://another.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"iss": "{url}/"}, "issuer"),
        ({"iss": ["{url}"]}, "issuer"),
        ({"aud": "another-service"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": AUDIENCE + "-2"}, "audience"),
        ({"aud": {AUDIENCE: 1}}, "audience"),
        ({"aud": [AUDIENCE, 7]}, "audience"),
        ({"sub": None}, "claims"),
        ({"sub": ""}, "claims"),
        ({"sub": 7}, "claims"),
        ({"sub": "a\nb"}, "claims"),
        ({"sub": "a" * 256}, "claims"),
        ({"person_id": 7}, "claims"),
        ({"person_id": "p\x00"}, "claims"),
        ({"person_id": ""}, "claims"),
        ({"org_unit": ["a"]}, "claims"),
    ]:
        with subtests.test(claims=claims, expected=expected):
            claims = {
                name: json.loads(json.dumps(value).replace("{url}", issuer.url))
                for name, value in claims.items()
            }
            token = issuer.mint(
                payload=json.dumps(
                    {k: v for k, v in {**issuer.claims(), **claims}.items() if v is not None}
                ).encode()
            )
            assert reason(verifier, token) == expected


def test_one_of_several_audiences_suffices(issuer, verifier):
    assert verifier.verify(issuer.mint(aud=["another-service", AUDIENCE]))


def test_a_name_is_only_shown_so_a_strange_one_refuses_nobody(issuer, verifier):
    names = [("王敏", "王敏"), ("x" * 300, "x" * 120), (" ", None), ("a\nb", None), (["王"], None)]
    for sent, shown in names:
        assert verifier.verify(issuer.mint(name=sent)).name == shown, sent


class TestRole:
    def test_is_one_of_ours(self, issuer, verifier, subtests):
        for role in ROLES:
            with subtests.test(role=role):
                assert verifier.verify(issuer.mint(role=role)).role == role
                others = ["offline_access", role, "default-roles"]
                assert verifier.verify(issuer.mint(role=others)).role == role

    def test_others_are_none(self, issuer, verifier, subtests):
        for role in [None, [], "", "root", "Admin", "admin ", ["root", "ADMIN"]]:
            with subtests.test(role=role):
                assert verifier.verify(issuer.mint(role=role)).role is None

    def test_in_doubt_refused(self, issuer, verifier, subtests):
        for role in [["hr", "admin"], {"admin": True}, 1, True, ["hr", 1]]:
            with subtests.test(role=role):
                assert reason(verifier, issuer.mint(role=role)) == "claims"

    def test_is_found_within_other_claims(self, issuer):
        verifier = verifier_of(
            issuer, role_claim="realm_access.roles", org_unit_claim="https://hr.example/unit"
        )
        token = issuer.mint(
            **{
                "realm_access": {"roles": ["uma_authorization", "analyst"]},
                "https://hr.example/unit": "u7",
                "role": "admin",
            }
        )
        claims = verifier.verify(token)
        assert (claims.role, claims.org_unit) == ("analyst", "u7")
        for other in (None, "admin", ["roles"], {"role": "admin"}, {"roles": None}):
            assert verifier.verify(issuer.mint(realm_access=other)).role is None


class TestRubbish:
    def test_is_malformed(self, verifier, subtests):
        for token in [
            "",
            ".",
            "..",
            "a.b.c",
            "a.b.c.d.e",
            "令牌.令牌.令牌",
            "\ud800.\ud800.\ud800",
            "x" * 8193,
            "." * 8000,
        ]:
            with subtests.test(token=token):
                assert reason(verifier, token) == "malformed"

    def test_header_is_malformed(self, issuer, verifier, subtests):
        for header in [
            b"[]",
            b"7",
            b"null",
            b'"alg"',
            b'["alg"]',
            b"{}",
            b'{"alg":"RS256","kid":7}',
            b'{"alg":"RS256","kid":"rsa-1","jku":"nowhere"}',
            b"[" * 5000,
            b"\xff\xfe",
        ]:
            with subtests.test(header=header):
                encoded = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
                _, body, signature = issuer.mint().split(".")
                assert reason(verifier, f"{encoded}.{body}.{signature}") == "malformed"

    def test_signed_claims_may_be_malformed_too(self, issuer, verifier, subtests):
        for payload in [b"", b"7", b"[]", b"{", b"[" * 5000, b"\xff", b"1" * 5000]:
            with subtests.test(payload=payload):
                assert reason(verifier, issuer.mint(payload=payload)) == "malformed"

    def test_a_token_of_more_than_8_kib_is_not_even_read(self, issuer, verifier):
        assert verifier.verify(issuer.mint(note="x" * 5000))
        assert reason(verifier, issuer.mint(note="x" * 6500)) == "malformed"

    @given(st.text() | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
    def test_any_text_is_refused(self, verifier, text):
        assert reason(verifier, text)

    JSON = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
    CLAIM = st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "role", "person_id", "jti"])

    @given(st.dictionaries(st.sampled_from(["typ", "jku", "x5c", "jwk", "crit", "kid"]), JSON))
    def test_any_header_is_read_or_refused(self, issuer, verifier, header):
        base = {"alg": "ES256", "kid": "ec-1", **header}
        payload = json.dumps(issuer.claims()).encode()
        token = sign(base, payload, issuer.keys["ec-1"])
        assert outcome(verifier, token) in ("user-1", "malformed", "unknown-key")

    @given(st.dictionaries(CLAIM | st.text(), JSON, max_size=4) | JSON)
    def test_any_signed_claims_are_read_or_refused(self, issuer, verifier, claims):
        if isinstance(claims, dict):
            claims = issuer.claims(**claims)
        token = issuer.mint(alg="ES256", kid="ec-1", payload=json.dumps(claims).encode())
        said = outcome(verifier, token)
        refused = said in ("malformed", "expired", "issuer", "audience", "claims")
        assert refused or said == claims["sub"]

    @given(st.integers(0), st.integers(0, 255))
    @settings(max_examples=200)
    def test_one_changed_byte_is_noticed(self, issuer, verifier, place, byte):
        token = issuer.mint(alg="ES256", kid="ec-1", role="hr").encode()
        place %= len(token)
        changed = token[:place] + bytes([byte]) + token[place + 1 :]
        if changed != token:
            assert reason(verifier, changed.decode("latin-1"))


def test_the_reason_names_no_value_of_the_token(issuer, verifier):
    with pytest.raises(TokenRefused) as refusal:
        verifier.verify(issuer.mint(person_id=["张伟"]))
    assert str(refusal.value) == "claims: person_id"


def test_a_verifier_is_not_made_of_wrong_settings(issuer, subtests):
    for wrong in [
        {"issuer": ""},
        {"audience": ""},
        {"jwks": "ftp://x/jwks"},
        {"jwks": "file:///x"},
    ]:
        with (
            subtests.test(wrong=wrong),
            pytest.raises(ValueError, match=r"must be set|neither http"),
        ):
            verifier_of(issuer, **wrong)


def test_a_shared_secret_among_the_keys_is_no_key(tmp_path, issuer):
    secret = OctKey.import_key("0123456789abcdef0123456789abcdef")
    entries = [published(issuer.keys["ec-1"], "ec-1"), dict(secret.as_dict(private=True), kid="s")]
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": entries}), encoding="utf-8")
    verifier = verifier_of(issuer, jwks=str(path))
    payload = json.dumps(issuer.claims()).encode()
    token = sign_with_secret({"alg": "HS256", "kid": "s"}, payload, secret.raw_value)
    assert reason(verifier, token) == "algorithm"
    assert reason(verifier, issuer.mint(kid="s", key=issuer.keys["rsa-1"])) == "unknown-key"
    assert verifier.verify(issuer.mint(alg="ES256", kid="ec-1"))
