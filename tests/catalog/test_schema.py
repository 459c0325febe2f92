"""The JSON schema of catalogue files: that of the types, and true of the files that ship."""

import json

import jsonschema
import pytest
import yaml

from training_catalog.files.loading import DEFAULT_CATALOG
from training_catalog.schema import FILE_KINDS, SCHEMA_FILE, catalog_schema, schema_text

SHIPPED = sorted(f for f in DEFAULT_CATALOG.parent.iterdir() if f.is_dir())


class PlainLoader(yaml.CSafeLoader):
    """YAML as JSON has it: a date stays the text it is."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def checker(name):
    return jsonschema.Draft202012Validator({**catalog_schema(), "anyOf": [{"$ref": name}]})


def read(path):
    return yaml.load(path.read_text(encoding="utf-8"), PlainLoader)


def test_the_schema_is_that_of_the_types():
    """If this fails, run: python -m training_catalog.schema."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_every_file_that_ships_satisfies_its_schema(folder):
    seen = set()
    for pattern, (name, _) in FILE_KINDS.items():
        validator = checker(f"#/$defs/{name}")
        for path in folder.glob(pattern):
            seen.add(path)
            assert [e.message for e in validator.iter_errors(read(path))] == [], path
    assert seen == set(folder.rglob("*.yaml"))


def test_a_wrong_file_does_not():
    validator = checker("#/$defs/modules-file")
    good = read(DEFAULT_CATALOG / "modules" / "resilience.yaml")
    assert validator.is_valid(good)
    for change in ({"hours": -1}, {"modality": "film"}, {"title": {"en": "alone"}}, {"colour": 1}):
        assert not validator.is_valid({"modules": [good["modules"][0] | change]})
    assert not validator.is_valid({"courses": []})
