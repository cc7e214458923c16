"""Whatever is sent to /scim/v2, the answer is the protocol's: no failure of ours, every refusal a SCIM error (FZ)."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functions.scim_kit import PATCH, USER, Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit import Answer, World

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
SCIM = "application/scim+json"
TYPES = {"invalidFilter", "invalidPath", "invalidSyntax", "invalidValue", "mutability", "noTarget", "tooMany"}
TYPES |= {"uniqueness", "invalidCursor"}
HERE = "/Users/{id}"
WRITING = [("POST", "/Users"), ("PUT", HERE), ("PATCH", HERE), ("POST", "/Users/.search")]
ATTRIBUTES = [
    "userName",
    "externalId",
    "active",
    "name",
    "name.givenName",
    "displayName",
    "emails",
    'emails[type eq "work"].value',
    "emails[",
    "addresses",
    "roles",
    "groups",
    "meta",
    "id",
    "ID",
    "schemas",
    "password",
    "manager",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    USER,
    f"{USER}:userName",
    "members",
    "unknown",
    "a.b.c",
    "__proto__",
    "pk",
    "",
]
VALUES: list[Any] = [
    *(None, True, 0, -1, 1.5, 10**400, 1e308, "", " ", "x" * 20_000, "\0", "\U0001f600", "\u202e", "a\u0301" * 1000),
    *([], {}, [[]], [None], [{}], [1], ["a"], {"value": None}, {"a": {"b": [1]}}, "\u2028"),
]
NO_JSON = [
    *(b"", b"{", b"null", b'"x"', b"[]", b"NaN", b'{"userName":NaN}', b'{"userName":Infinity}', b"\xff\xfe{\x00}\x00"),
    *(b'{"userName":1e999}', b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"\0"),
    *(b'{"userName":"\\ud800"}', b'{"userName":"a","userName":"b"}', b'{"userName":' + b"9" * 5000 + b"}"),
    gzip.compress(b'{"userName":"a"}'),
]
PATHS = [
    *("/Users/..", "/Users/%2e%2e", "/Users/%2e%2e%2fGroups", "/Users/%00", "/Users/%23", "/Users/T%23x%23M"),
    *("/Users/" + "a" * 4096, "/Users/%ff", "/Users/%ed%a0%80", "/Users/me", "/Users/mem_" + "0" * 26),
    *("/Users/mem_x%252F", "/users", "/Users;x=1", "/Users.json", "/Users/x/y", "/Nothing", "/Schemas/x", "/Bulk/x"),
]


@pytest.fixture(scope="module")
def provider(seeded: World) -> Provider:
    """Hand out a provider with one user; what a test makes of them is nothing to the next."""
    seeded.reset()
    return Provider(seeded)


@pytest.fixture(scope="module")
def user(provider: Provider) -> str:
    return str(provider.new(externalId="e1")["id"])


def judge(answer: Answer, method: str = "GET") -> Answer:
    """Assert that the answer is the protocol's (I33)."""
    assert answer.status < 500 or answer.status == 501, answer.body
    if method == "HEAD":
        assert answer.body == b""
    elif answer.status >= 400:
        told = answer.json
        assert answer.headers["content-type"] == SCIM
        assert (told["schemas"], told["status"]) == ([ERROR], str(answer.status))
        assert told.keys() <= {"schemas", "status", "scimType", "detail"}
        assert told["detail"]
        assert told.get("scimType", "invalidValue") in TYPES
        assert "Traceback" not in told["detail"]
        assert "rollcall." not in told["detail"]
    return answer


def send(provider: Provider, user: str, method: str, path: str, body: object, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return judge(provider.call(method, path.replace("{id}", user), body, sent), method)


# ---------------------------------------------------------------- bodies
@pytest.mark.parametrize(("method", "path"), WRITING)
def test_case_167_170_a_body_that_is_no_strict_json_is_refused_and_changes_nothing(
    provider: Provider, user: str, method: str, path: str
) -> None:
    with provider.world.unchanged():
        for raw in NO_JSON:
            answer = send(provider, user, method, path, raw)
            assert answer.status == 400, raw[:40]
            assert answer.json["scimType"] in {"invalidSyntax", "invalidValue"}
        assert send(provider, user, method, path, b'{"a":"' + b"x" * 4 * 1024 * 1024 + b'"}').status == 413


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_case_150_171_an_attribute_takes_a_value_or_says_why_not(provider: Provider, user: str, attribute: str) -> None:
    """By PUT, and by PATCH with a path and without."""
    for number, value in enumerate(VALUES):
        told = [{"path": attribute, "value": value}, {"value": {attribute: value}}]
        many = [{"op": op, **each} for each in told for op in ("add", "replace", "remove")]
        assert send(provider, user, "PATCH", HERE, {"Operations": [many[number % 6]]}).status in {200, 400, 409}
        whole = {"userName": "nora@idp.example", attribute: value}
        assert send(provider, user, "PUT", HERE, whole).status in {200, 400, 409}


@pytest.mark.parametrize("value", VALUES, ids=lambda value: str(value)[:9].encode().hex())
def test_case_171_what_is_no_operation_is_refused(provider: Provider, user: str, value: object) -> None:
    each = {"op": value, "path": value, "value": value}
    with provider.world.unchanged():
        for body in (value, {"Operations": value}, {"Operations": [value]}, {"Operations": [each]}):
            assert send(provider, user, "PATCH", HERE, json.dumps(body).encode()).status == 400
        for name in ("filter", "startIndex", "count", "sortBy", "attributes", "cursor"):
            sent = send(provider, user, "POST", "/Users/.search", json.dumps({name: value}).encode())
            assert sent.status in {200, 400}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(ATTRIBUTES) | st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
operations = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Replace", "REMOVE"]) | st.text(max_size=3), "value": json_values},
    optional={"path": st.sampled_from(ATTRIBUTES) | st.text(max_size=20)},
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(many=st.lists(operations, max_size=4), whole=json_values)
def test_case_155_178_whatever_is_generated_is_answered(
    provider: Provider, user: str, many: list[Mapping[str, Any]], whole: object
) -> None:
    send(provider, user, "PATCH", HERE, {"schemas": [PATCH], "Operations": many})
    raw = json.dumps(whole).encode()
    for method, path in WRITING:
        send(provider, user, method, path, raw)


# ---------------------------------------------------------------- paths, queries, headers
@pytest.mark.parametrize("path", PATHS)
def test_case_173_an_id_from_elsewhere_is_nothings_id(provider: Provider, path: str) -> None:
    with provider.world.unchanged():
        for method in ("GET", "HEAD", "DELETE", "PUT", "PATCH", "POST", "OPTIONS", "TRACE", "PROPFIND"):
            body = {"userName": "x", "Operations": [{"op": "remove", "path": "title"}]}
            sent = body if method in {"POST", "PUT", "PATCH"} else None
            answer = judge(provider.call(method, path, sent), method)
            assert answer.status in {404, 405}
            assert answer.status == 404 or method in answer.headers["allow"] or answer.headers["allow"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60), name=st.sampled_from(["filter", "sortBy", "startIndex", "count", "cursor", "x"]))
def test_case_158_174_whatever_is_asked_of_a_list_is_answered(provider: Provider, text: str, name: str) -> None:
    judge(provider.get(f"/Users?{name}={quote(text, errors='surrogatepass')}"))


pieces = st.sampled_from(
    [
        "userName",
        "emails",
        "[",
        "]",
        "(",
        ")",
        "not",
        "and",
        "or",
        "eq",
        "pr",
        "gt",
        '"x"',
        "1",
        "true",
        "null",
        ".",
        ":",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(pieces, max_size=14))
def test_case_158_what_looks_like_a_filter_is_one_or_is_refused(provider: Provider, words: list[str]) -> None:
    asked = " ".join(words)
    by_query = judge(provider.get(f"/Users?filter={quote(asked)}"))
    by_search = judge(provider.call("POST", "/Users/.search", {"filter": asked}))
    assert by_query.status == by_search.status
    assert by_query.status == 200 or by_query.json["scimType"] == "invalidFilter"
    assert by_query.status != 200 or by_query.json == by_search.json


HEADERS: list[tuple[str, str]] = [
    *(("if-match", value) for value in ("", "x", '"', "W/", "1", '"' + "9" * 5000 + '"', "\xe9", "*, *")),
    *(("if-none-match", value) for value in ("", "x", '"', "1", '"' + "9" * 5000 + '"')),
    *(("x-http-method-override", "DELETE"), ("accept", "text/html"), ("accept-encoding", "gzip")),
    *(("idempotency-key", "x" * 300), ("idempotency-key", ""), ("range", "bytes=0-1"), ("expect", "100-continue")),
]


@pytest.mark.parametrize(("name", "value"), HEADERS)
def test_case_176_a_header_breaks_nothing(provider: Provider, user: str, name: str, value: str) -> None:
    body = {"Operations": [{"op": "replace", "path": "title", "value": "T"}]}
    for method, path, sent in (("GET", HERE, None), ("GET", "/Users", None), ("PATCH", HERE, body)):
        answer = send(provider, user, method, path, sent, **{name: value})
        assert answer.status in {200, 304, 400, 412}


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic x", "non-token", "Bearer \xe9", "Bearer " + "a" * 5000, "{token}"],
)
@pytest.mark.parametrize("path", ["/Users", "/Nothing", "/Users/x", "/ServiceProviderConfig", "/Schemas", "/Me"])
def test_case_142_176_any_other_authorization_is_a_401_in_the_protocols_words(
    provider: Provider, value: str, path: str
) -> None:
    """Behaviour 36: also of what does not exist."""
    sent = {"authorization": value.replace("{token}", provider.token)}
    answer = judge(provider.get(path, headers=sent))
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
