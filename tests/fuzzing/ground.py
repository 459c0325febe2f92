"""What random requests should name to get anywhere: people, modules, plans that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from improvement.registry_models import KEY, facts, metrics, train, varied
from serving import (
    ABSENT,
    COLLEAGUE,
    EMPLOYEE,
    MANAGER,
    OTHER_UNIT,
    OUTSIDE,
    UNIT,
    Served,
    store_sample,
)

from api.rate_limits import Windows
from recommender.improvement.registry import save_model
from training_catalog.files.loading import load_catalog

KNOWN = 0.7  # how often a known value is taken where there is one
_DEPTH = 4
_LEAST = 0.7  # of the people, before those who were erased are stored anew

# names of parameters and fields, and the list that their values are taken from
_LISTS = {
    "person_id": "people",
    "person_ids": "people",
    "people": "people",
    "manager_id": "people",
    "participants": "people",
    "module_id": "modules",
    "module_ids": "modules",
    "modules": "modules",
    "must": "modules",
    "without": "modules",
    "offering_id": "offerings",
    "competency_id": "competencies",
    "grade": "grades",
    "target_grade": "grades",
    "path_id": "paths",
    "path": "units",
    "org_unit": "units",
    "unit": "units",
    "plan_id": "plans",
    "job_id": "jobs",
    "campaign_id": "campaigns",
    "cohort_id": "cohorts",
    "import_id": "uploads",
    "key_id": "keys",
    "model_id": "models",
    "header.If-Match": "versions",
}


def make_ground(served: Served) -> dict[str, list[str]]:
    """Make plans, jobs and keys, so that requests can name some, and return their ids."""
    client = served.client("admin")

    def make(path: str, body: dict[str, Any], name: str) -> str:
        answer = client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()[name]

    def send_table(text: str) -> str:
        given = {"content": text, "headers": {"content-type": "text/csv"}}
        return client.post("/v1/imports/people", **given).json()["job_id"]

    def upload(text: str) -> str:
        given = {"content": text.encode(), "headers": {"content-type": "text/csv"}}
        return client.post("/v1/imports", **given).json()["import_id"]

    model = train()
    folder = served.settings.models
    models = [
        save_model(
            folder, varied(model, number), facts(metrics=metrics(own=0.9)), by="fuzz", key=KEY
        )
        for number in range(2)
    ]
    planned = (EMPLOYEE, MANAGER, COLLEAGUE, OUTSIDE)
    return {
        "plans": [
            make(f"/v1/people/{person}/plans", {"hours_budget": 24 + 8 * number}, "plan_id")
            for number in range(2)
            for person in planned
        ],
        "jobs": [
            make("/v1/plan-batches", {"org_unit": UNIT, "hours_budget": 24}, "job_id"),
            send_table("person_id,name,org_unit,grade\n00902,司马青,南区,g9\n"),
        ],
        "campaigns": [make("/v1/campaigns", {"name": "x", "org_unit": UNIT}, "campaign_id")],
        "cohorts": [
            make(
                "/v1/cohorts",
                {
                    "name": "x",
                    "org_unit": UNIT,
                    "starts_from": "2026-11-02",
                    "starts_until": "2026-12-31",
                },
                "cohort_id",
            )
        ],
        "uploads": [upload("工号,姓名,单位,职级\n00903,司马青,南区,初级\n")],
        "models": [card.model_id for card in models],
        "keys": [
            make("/v1/api-keys", {"label": f"key {number}", "role": "analyst"}, "key_id")
            for number in range(3)
        ],
        "versions": [f'"{number}"' for number in range(1, 5)],
    }


def keep_ground(served: Served) -> None:
    """Put the ground in order between requests: wrong keys were sent, people erased."""
    served.app.state.server.rates = Windows()
    left = served.client("admin").get("/v1/people", params={"limit": 200}).json()["items"]
    if len(left) < len(served.sample.people) * _LEAST:
        store_sample(served.settings)


def known_values(served: Served, made: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the ids that are there, by list.

    Parameters
    ----------
    served : Served
        With the sample in it.
    made : mapping of str to sequence of str
        Ids that `make_ground` returned.
    """
    catalog = load_catalog(served.settings.catalog)
    sample = served.sample
    lists = {
        "people": [*sample.people["person_id"], ABSENT],
        "modules": [module.id for module in catalog.modules],
        "offerings": list(sample.offerings["offering_id"]),
        "competencies": [competency.id for competency in catalog.competencies],
        "grades": [grade.id for grade in catalog.grades],
        "paths": [path.id for path in catalog.paths],
        "units": [UNIT, OTHER_UNIT, *sorted(set(sample.people["org_unit"]))],
    }
    return {name: values for name, values in {**lists, **made}.items() if values}


def bindings(description: Mapping[str, Any], lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return which parameter or field takes its values from which list, for schemathesis."""
    found = {name: name_of for name, name_of in _LISTS.items() if name_of in lists}
    for name in list(found):
        if name in ("people", "modules", "must", "without", "participants"):
            del found[name]  # as parameters they are lists; in bodies their items are bound
    for path in description["paths"].values():
        for operation in path.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for place, name in _strings(description, body.get("schema", {}), "body", _DEPTH):
                if _LISTS.get(name) in lists:
                    found[place] = _LISTS[name]
    return {
        place: {"dictionary": name_of, "probability": KNOWN} for place, name_of in found.items()
    }


def _strings(
    description: Mapping[str, Any], schema: Mapping[str, Any], place: str, depth: int
) -> Iterator[tuple[str, str]]:
    """Yield the place and name of every text in a body."""
    if depth < 0:
        return
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _strings(description, description["components"]["schemas"][name], place, depth)
        return
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _strings(description, choice, place, depth)
    for name, below in schema.get("properties", {}).items():
        yield from _strings(description, below, f"{place}.{name}", depth - 1)
    if "items" in schema and place != "body":
        yield from _strings(description, schema["items"], f"{place}[*]", depth - 1)
    if schema.get("type") == "string" and place != "body":
        yield place, place.rpartition(".")[2].removesuffix("[*]")
