"""The description of the API: valid, complete, and the same manners everywhere."""

from __future__ import annotations

import re
from collections import Counter

from openapi_spec_validator import OpenAPIV31SpecValidator
from serving import description

from recommender.service.permissions import Permission

DESCRIPTION = description()
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
}
# what an operation's name begins with; one word for one thing
VERBS = {
    *("get", "read", "list", "create", "add", "put", "change", "edit", "delete", "verify"),
    *("activate", "answer", "complete", "cancel", "comment", "decide", "print", "simulate", "rank"),
    *("import", "export", "erase", "run", "revoke", "rotate", "confirm", "promote", "publish"),
    *("roll", "undo"),
    *("propose", "record", "submit", "withdraw", "approve", "reject"),
}
NEED_NO_PERMISSION = {
    "get_health": "a load balancer has no key",
    "get_readiness": "a load balancer has no key",
    "read_caller": "everybody may know who he is",
    "read_automation_notice": "everybody may know what is decided on him",
}
NEED_NO_KEY = {"get_health", "get_readiness"}


def test_it_is_valid_openapi():
    assert DESCRIPTION["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(DESCRIPTION).iter_errors()] == []


def test_names_of_operations_are_unique():
    assert sum(len(methods) for methods in DESCRIPTION["paths"].values()) == len(OPERATIONS)


def test_a_name_is_a_verb_and_what_it_does_it_to():
    for name in OPERATIONS:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", name), name
        assert name.split("_")[0] in VERBS, name


def test_it_says_what_each_operation_does(subtests):
    for name, (_, _, operation) in OPERATIONS.items():
        with subtests.test(name):
            assert operation["summary"][0].isupper()
            assert not operation["summary"].endswith(".")
            assert operation["tags"]
            missing = [
                parameter["name"]
                for parameter in operation.get("parameters", [])
                if not parameter.get("description")
            ]
            assert not missing


def test_it_says_who_may(subtests):
    for name, (_, _, operation) in OPERATIONS.items():
        with subtests.test(name):
            if name not in NEED_NO_PERMISSION:
                assert Permission(operation["x-permission"])
            else:
                assert "x-permission" not in operation
            security = [] if name in NEED_NO_KEY else [{"bearer": []}]
            assert operation.get("security", []) == security


def test_each_operation_has_an_example(subtests):
    for name, (_, path, operation) in OPERATIONS.items():
        if name in NEED_NO_KEY:
            continue
        with subtests.test(name):
            assert set(re.findall(r"{(\w+)}", path)) <= set(operation["x-example"])
            named = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert set(operation["x-example"]) <= named
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                assert content["application/json"]["example"] is not None


def test_paths_read_the_same_everywhere():
    for path in DESCRIPTION["paths"]:
        assert re.fullmatch(
            r"(/([a-z0-9]+(-[a-z0-9]+)*|{[a-z_]+}(\.(pdf|docx))?|report\.xlsx|plan\.ics))+", path
        )


def test_a_thing_has_one_shape():
    """No two schemas have the same title, which would mean generated names."""
    names = Counter(name.split("__")[-1] for name in DESCRIPTION["components"]["schemas"])
    assert [name for name, n in names.items() if n > 1] == []


def test_nothing_is_required_of_an_answer_that_fields_may_be_chosen_of():
    def follow(schema):
        while "$ref" in schema:
            schema = DESCRIPTION["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    required = {}
    for name, (_, _, operation) in OPERATIONS.items():
        if "fields" not in {parameter["name"] for parameter in operation.get("parameters", [])}:
            continue
        (status,) = (each for each in operation["responses"] if each[0] == "2")
        body = follow(operation["responses"][status]["content"]["application/json"]["schema"])
        is_page = "next" in body["properties"]
        shown = follow(body["properties"]["items"]["items"]) if is_page else body
        if "required" in shown:
            required[name] = shown["required"]
    assert required == {}
