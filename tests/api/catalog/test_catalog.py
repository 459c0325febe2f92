"""The catalogue over HTTP: both languages, filters, search, pages, sheets."""

import dataclasses
import datetime as dt

import pytest
from organisations import AS_OF, TINY, service_on
from paging import pages_of
from serving import serve

from recommender.errors import InputError
from recommender.service.catalog.browsing import find_profile, list_profiles
from recommender.service.permissions import COMMAND_LINE
from recommender.service.session import Session
from training_catalog import load_catalog
from training_catalog.files.loading import DEFAULT_CATALOG

MODULE = "account-handover-visit-coaching"
PATHS = (
    "/v1/catalog",
    "/v1/competencies",
    "/v1/competencies/resilience",
    "/v1/profiles",
    "/v1/profiles/g2",
    "/v1/modules",
    f"/v1/modules/{MODULE}",
    "/v1/learning-paths",
    "/v1/learning-paths/solution-selling",
    "/v1/certifications",
    "/v1/job-profile",
    "/v1/glossary",
)


@pytest.fixture(scope="module")
def catalog():
    """What stands in the folder."""
    return load_catalog(DEFAULT_CATALOG)


def walk(client, path, **wanted):
    """Return all items of a list, page by page."""
    pages = list(pages_of(client, path, **wanted))
    assert all(len(page["items"]) == wanted["limit"] for page in pages[:-1])
    return [item for page in pages for item in page["items"]]


def ids(client, **wanted):
    return [item["id"] for item in walk(client, "/v1/modules", limit=200, **wanted)]


def texts_in(value):
    if isinstance(value, dict):
        if "en" in value or "zh-CN" in value:
            yield value
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


def test_every_text_is_in_both_languages(served, subtests):
    for path in PATHS:
        with subtests.test(path=path):
            texts = list(texts_in(served.client("employee").get(path).json()))
            assert texts
            for text in texts:
                assert set(text) == {"zh-CN", "en"}
                assert all(text.values())


def test_the_frame_of_the_catalogue(served, catalog):
    found = served.client("employee").get("/v1/catalog").json()
    assert found["digest"] == catalog.digest
    assert [grade["id"] for grade in found["grades"]] == ["g1", "g2", "g3", "g4"]
    assert [level["level"] for level in found["levels"]] == [1, 2, 3, 4]
    assert found["settings"]["rater_weights"]["manager"] == 0.5
    in_categories = [name for part in found["categories"] for name in part["competencies"]]
    assert in_categories == [competency.id for competency in catalog.competencies]


def test_competencies_by_category_kind_and_words(served, catalog):
    client = served.client("employee")

    def found(**wanted):
        return [item["id"] for item in walk(client, "/v1/competencies", limit=3, **wanted)]

    assert found() == [c.id for c in catalog.competencies]
    knowledge = [c.id for c in catalog.competencies if c.kind == "knowledge"]
    assert found(kind="knowledge") == knowledge
    first = catalog.categories[0]
    assert found(category=first.id) == list(first.competencies)
    assert found(q="抗挫") == ["resilience"]
    assert found(q="RESIL") == ["resilience"]
    assert found(category="nothing") == []
    assert client.get("/v1/competencies?kind=other").status_code == 422


def test_a_competency_with_what_it_is_judged_by(served, catalog):
    client = served.client("employee")
    behavioural = client.get("/v1/competencies/resilience").json()
    assert [level["level"] for level in behavioural["levels"]] == [1, 2, 3, 4]
    assert behavioural["levels"][0]["indicators"][0]["id"] == "resilience.1.1"
    assert behavioural["exams"] == []
    knowledge = client.get("/v1/competencies/job-knowledge").json()
    assert {subject["id"] for exam in knowledge["exams"] for subject in exam["subjects"]}


def test_target_profiles(served, catalog):
    client = served.client("employee")
    assert [item["grade"] for item in walk(client, "/v1/profiles", limit=2)] == [
        "g1",
        "g2",
        "g3",
        "g4",
    ]
    only = client.get("/v1/profiles?grade=g3").json()["items"]
    assert only == [client.get("/v1/profiles/g3").json()]
    assert set(only[0]["targets"]) == {c.id for c in catalog.competencies}
    assert only[0]["targets"]["resilience"].keys() == {"level", "weight", "rationale"}
    assert client.get("/v1/profiles?as_of=1999-12-31").json()["items"] == []
    early = client.get("/v1/profiles/g3?as_of=1999-12-31")
    assert early.status_code == 422
    assert early.json()["errors"][0]["pointer"] == "query:as_of"
    assert client.get("/v1/profiles/g9").status_code == 404


def test_the_profile_in_force_is_the_last_that_took_effect(library_file):
    with service_on(f"sqlite:///{library_file}", catalog=TINY) as service:
        catalog = service.framework.catalog
        old = next(profile for profile in catalog.profiles if profile.grade == "assistant")
        day = dt.date(2027, 7, 1)
        new = old.model_copy(update={"effective_on": day})
        # the newer one stands first: the order of the files must not matter
        changed = catalog.model_copy(update={"profiles": (new, *catalog.profiles)})
        framework = dataclasses.replace(service.framework, catalog=changed)
        session = Session(
            dataclasses.replace(service, framework=framework), COMMAND_LINE, "test", today=AS_OF
        )
        before = day - dt.timedelta(days=1)
        assert find_profile(session, "assistant", as_of=before) == old
        assert find_profile(session, "assistant", as_of=day) == new
        assert [p.grade for p in list_profiles(session, as_of=day)] == ["assistant", "librarian"]
        with pytest.raises(InputError):
            find_profile(session, "assistant", as_of=dt.date(1990, 1, 1))


def test_modules_are_filtered(served, catalog):
    client = served.client("employee")

    def expected(wanted):
        return sorted(module.id for module in catalog.modules if wanted(module))

    assert ids(client) == expected(lambda m: True)
    serving = ids(client, competency_id="resilience")
    assert serving == expected(lambda m: "resilience" in {part.id for part in m.competencies})
    from_two = ids(client, competency_id="resilience", level=2)
    assert from_two == expected(
        lambda m: any(
            part.id == "resilience" and part.from_level <= 2 < part.to_level
            for part in m.competencies
        )
    )
    assert 0 < len(from_two) < len(serving)
    assert ids(client, modality="online") == expected(lambda m: m.modality == "online")
    assert ids(client, grade="g4") == expected(lambda m: "g4" in m.grades)
    assert ids(client, max_hours=3, max_cost="99.50") == expected(
        lambda m: m.hours <= 3 and m.cost <= 99.5
    )
    assert ids(client, retired="true") == expected(lambda m: m.retired)
    assert ids(client, retired="false") == expected(lambda m: not m.retired)
    assert ids(client, competency_id="nothing") == []


def test_modules_are_searched_in_both_languages(served):
    client = served.client("employee")
    assert MODULE in ids(client, q="客户交接")
    assert MODULE in ids(client, q="HANDOVER coaching")
    assert ids(client, q="crm") == ids(client, q="ＣＲＭ") != []
    both = ids(client, q="客户 交接")
    assert set(both) == set(ids(client, q="客户")) & set(ids(client, q="交接"))
    assert ids(client, q="zzzz") == []


@pytest.mark.parametrize("sort", ["id", "hours", "cost"])
def test_modules_are_ordered_over_pages(served, catalog, sort):
    client = served.client("employee")
    paged = [item["id"] for item in walk(client, "/v1/modules", limit=50, sort=sort)]
    assert paged == [
        module.id for module in sorted(catalog.modules, key=lambda m: (getattr(m, sort), m.id))
    ]


def test_costs_are_decimal_strings(served, catalog):
    client = served.client("employee")
    cost = next(module.cost for module in catalog.modules if module.id == MODULE)
    assert client.get(f"/v1/modules/{MODULE}").json()["cost"] == f"{cost:.2f}"
    page = client.get("/v1/modules?fields=id,cost&limit=2").json()
    assert all(item.keys() == {"id", "cost"} for item in page["items"])
    assert all(isinstance(item["cost"], str) for item in page["items"])


def test_a_module_with_all_that_is_said_of_it(served, catalog):
    found = served.client("employee").get(f"/v1/modules/{MODULE}").json()
    module = next(module for module in catalog.modules if module.id == MODULE)
    assert found["title"]["zh-CN"] == module.title.zh_cn
    assert found["outcomes"][0]["serves"] == list(module.outcomes[0].serves)
    assert len(found["syllabus"]) == len(module.syllabus)
    assert found["competencies"][0]["expert_improvement"] > 0


def test_a_module_on_one_page(served):
    sheets = {}
    for lang in ("zh-CN", "en"):
        client = served.client("employee", Accept_Language=lang)
        sheets[lang] = client.get(f"/v1/modules/{MODULE}/sheet")
        assert sheets[lang].headers["content-type"] == "application/pdf"
        assert sheets[lang].headers["content-language"] == lang
        assert f'filename="{MODULE}.{lang}.pdf"' in sheets[lang].headers["content-disposition"]
        assert sheets[lang].content.startswith(b"%PDF-")
    assert sheets["zh-CN"].content != sheets["en"].content
    again = served.client("employee").get(
        f"/v1/modules/{MODULE}/sheet", headers={"If-None-Match": sheets["en"].headers["etag"]}
    )
    assert again.status_code == 304


def test_learning_paths_certifications_and_terms(served, catalog):
    client = served.client("employee")
    paths = walk(client, "/v1/learning-paths", limit=1)
    assert [path["id"] for path in paths] == [path.id for path in catalog.paths]
    assert client.get(f"/v1/learning-paths/{paths[0]['id']}").json() == paths[0]
    for_grade = walk(client, "/v1/learning-paths", limit=50, grade="g1")
    assert [path["id"] for path in for_grade] == [
        path.id for path in catalog.paths if not path.grades or "g1" in path.grades
    ]
    certifications = walk(client, "/v1/certifications", limit=50)
    assert [part["level"] for part in certifications] == [1, 2, 3, 4]
    terms = walk(client, "/v1/glossary", limit=10)
    assert [term["id"] for term in terms] == [term.id for term in catalog.glossary]
    assert [term["id"] for term in walk(client, "/v1/glossary", limit=50, q="政企客户")][:1] == [
        "enterprise-customer"
    ]
    assert client.get("/v1/job-profile").json()["duties"]


def test_what_is_not_there(served, subtests):
    for path in [
        "/v1/competencies/nothing",
        "/v1/modules/nothing",
        "/v1/modules/nothing/sheet",
        "/v1/learning-paths/nothing",
        "/v1/profiles/nothing",
    ]:
        with subtests.test(path=path):
            for lang, word in (("zh-CN", "nothing"), ("en", "nothing")):
                answered = served.client("employee", Accept_Language=lang).get(path)
                assert answered.status_code == 404
                assert word in answered.json()["detail"]
                assert answered.headers["content-type"] == "application/problem+json"


def test_filters_that_cannot_be(served, subtests):
    for query in [
        "level=5",
        "level=nan",
        "max_cost=-1",
        "sort=title",
        "limit=0",
        "cursor=x",
        "titel=a",
        "q=",
    ]:
        with subtests.test(query=query):
            answered = served.client("employee").get(f"/v1/modules?{query}")
            assert answered.status_code == 422
            assert answered.json()["errors"]


def test_an_unchanged_answer_is_not_sent_again(served):
    client = served.client("employee")
    for path in PATHS:
        etag = client.get(path).headers["etag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_a_small_catalogue_does_without_a_job_profile(tmp_path):
    with serve(f"sqlite:///{tmp_path / 'tiny.db'}", tmp_path, catalog=TINY) as small:
        client = small.client("employee")
        assert client.get("/v1/job-profile").status_code == 404
        assert client.get("/v1/certifications").json() == {"next": None, "items": []}
        assert client.get("/v1/profiles/assistant").status_code == 200
