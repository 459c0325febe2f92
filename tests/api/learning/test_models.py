"""Effect models over HTTP: cards, promotions with their reasons, and who picks them up."""

import multiprocessing
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from improvement import registry_models as samples
from improvement.histories import draw, fit_table
from improvement.registry_models import KEY
from serving import EMPLOYEE, serve, settings_for
from sqlalchemy import select

from api.app import create_app
from recommender.documents.evaluation.document import (
    ReportOptions,
    build_evaluation_report,
    count_intervals,
)
from recommender.errors import StoreError
from recommender.improvement.evaluation.judging import evaluate
from recommender.improvement.registry import (
    CardFacts,
    active_model,
    judge,
    promote_model,
    read_switches,
    save_model,
    to_plain,
)
from recommender.service.learning.report import build_report
from recommender.service.permissions import Permission, Role
from recommender.store import reading, schema, verify_trail


@pytest.fixture(scope="module")
def model():
    """A small trained model."""
    return samples.train()


@pytest.fixture
def root(served):
    """The folder of the models, empty."""
    folder = served.settings.models
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def save(model, root):
    """Save a model with some figures and return its id."""
    saved = []

    def save_one(**figures):
        number = len(saved)
        facts = samples.facts(metrics=samples.metrics(**figures) if figures != {"none": 1} else {})
        card = save_model(root, samples.varied(model, number), facts, by="li", key=KEY)
        saved.append(card.model_id)
        return saved[-1]

    return save_one


def engine_of(served):
    return served.app.state.server.installation.engine


def trail(served, *actions):
    with reading(engine_of(served)) as connection:
        entry = schema.audit_entry
        query = select(entry).where(entry.c.action.in_(actions)).order_by(entry.c.seq)
        return connection.execute(query).all()


def stages(served, since):
    entries = trail(served, "promote_model", "roll_back_model")[since:]
    return [entry.details["stage"] for entry in entries]


def count_entries(served):
    return len(trail(served, "promote_model", "roll_back_model"))


def test_models_are_listed_the_newest_first(served, save, root):
    client = served.client("analyst")
    assert client.get("/v1/models").json() == {"next": None, "active": None, "items": []}
    good, bad, unjudged = save(own=0.5), save(own=0.9), save(none=1)
    promote_model(root, good, verdict=judge(samples.metrics(own=0.5)), by="li")
    page = client.get("/v1/models").json()
    assert page["active"] == good
    by_id = {item["model_id"]: item for item in page["items"]}
    assert list(by_id) == sorted([good, bad, unjudged], reverse=True)
    assert {name: item["status"] for name, item in by_id.items()} == {
        good: "in-force",
        bad: "ready",
        unjudged: "ready",
    }
    assert by_id[good]["promotable"] is True
    assert by_id[bad]["promotable"] is False
    assert by_id[unjudged]["promotable"] is None
    assert by_id[good]["counts"]["records"] == 370
    first = client.get("/v1/models?limit=2").json()
    second = client.get("/v1/models", params={"limit": 2, "cursor": first["next"]}).json()
    assert [*first["items"], *second["items"]] == page["items"]
    assert second["next"] is None


def test_a_broken_model_is_listed_and_not_used(served, save, root):
    name = save()
    (root / name / "model.joblib").write_bytes(b"changed")
    client = served.client("admin")
    (item,) = client.get("/v1/models").json()["items"]
    assert (item["status"], item["problem"]) == ("broken", "registry.artefact-changed")
    for answered in (
        client.get(f"/v1/models/{name}"),
        client.get(f"/v1/models/{name}/report"),
        client.post(f"/v1/models/{name}/promotion", json={"override_reason": "please"}),
    ):
        assert answered.status_code == 409
        assert answered.json()["type"].endswith(":model.unusable")
        assert str(root) not in answered.text


def test_the_model_before_stays_while_the_one_in_force_cannot_be_read(served, save, root):
    """Whatever asks for no model is answered too, and what was mended is picked up."""
    client = served.client("admin")

    def in_use():
        found = client.get(f"/v1/people/{EMPLOYEE}/recommendations?top=1")
        assert found.status_code == 200, found.text
        return found.json()["model_id"]

    first, second = save(), save()
    promote_model(root, first, verdict=judge(samples.metrics()), by="li")
    assert in_use() == first
    whole = (root / "active.json").read_bytes()
    (root / "active.json").write_bytes(whole[:20])
    assert in_use() == first
    assert client.get("/v1/people").status_code == 200
    assert client.post(f"/v1/models/{second}/promotion", json={}).status_code == 409
    (root / "active.json").write_bytes(whole)
    artefact = root / second / "model.joblib"
    promote_model(root, second, verdict=judge(samples.metrics()), by="li", override_reason="a try")
    content = artefact.read_bytes()
    artefact.write_bytes(b"changed")
    assert in_use() == first
    artefact.write_bytes(content)
    assert in_use() == second
    promote_model(root, first, verdict=judge(samples.metrics()), by="li", override_reason="back")
    (root / first).rename(root / "gone")
    assert in_use() == second


def test_the_card_of_a_model(served, save):
    name = save(own=0.5, raw_mean=0.6, ancova=0.45)
    card = served.client("analyst").get(f"/v1/models/{name}").json()
    assert card["known"][0]["name"] == "effect-model"
    assert {score["name"]: score["rmse"] for score in card["known"]} == {
        "effect-model": 0.5,
        "raw-mean": 0.6,
        "ancova": 0.45,
    }
    verdict = card["verdict"]
    assert (verdict["promotable"], verdict["compared_with"]) == (False, None)
    assert verdict["words"]["en"][0].startswith("not promoted: 1 of 3")
    assert verdict["words"]["zh-CN"][0].startswith("暂不启用")
    assert len(verdict["words"]["en"]) == 4
    assert all(set(limit) == {"zh-CN", "en"} for limit in card["limits"])
    assert card["data_digest"] == "d" * 64


def test_what_is_no_model(served, save, subtests):
    for name in ["nothing", "..", "%2e%2e", "..%2f..", ".lock", "active.json", "a" * 81, "模型"]:
        with subtests.test(name=name):
            save()
            client = served.client("admin")
            before = count_entries(served)
            assert client.get(f"/v1/models/{name}").status_code in (404, 422)
            assert client.get(f"/v1/models/{name}/report").status_code in (404, 422)
            assert client.post(f"/v1/models/{name}/promotion", json={}).status_code in (404, 422)
            assert count_entries(served) == before


def test_a_better_model_is_promoted_and_rolled_back(served, save, root):
    client = served.client("analyst")
    before = count_entries(served)
    first, second = save(), save()
    for name in (first, second):
        answered = client.post(
            f"/v1/models/{name}/promotion",
            json={"override_reason": "after the first" if name == second else None},
        )
        assert answered.status_code == 200
        assert answered.json()["status"] == "in-force"
        assert client.get("/v1/models").json()["active"] == name
    for expected in (first, None):
        answered = client.post("/v1/model-rollbacks", json={"reason": "odd ranks"})
        assert answered.json() == {"model_id": expected}
    nothing = client.post("/v1/model-rollbacks", json={"reason": "odd ranks"})
    assert nothing.status_code == 409
    actor = client.get("/v1/me").json()["actor"]
    log = read_switches(root)
    assert [entry.action for entry in log] == ["promote", "override", "rollback", "rollback"]
    assert {entry.by for entry in log} == {actor}
    assert log[1].reason == "after the first"
    assert stages(served, before) == ["asked", "done"] * 4 + ["asked", "failed"]
    with reading(engine_of(served)) as connection:
        assert verify_trail(connection).broken_at is None
    # what somebody writes may name people: it stands in `active.json` alone
    entries = trail(served, "promote_model", "roll_back_model")
    assert not any("after the first" in str(entry.details) for entry in entries)


def test_a_refusal_says_why_in_words(served, save, root):
    name = save(own=0.9, raw_mean=0.6, ancova=0.45)
    before = count_entries(served)
    for lang, words in (
        ("en", "error of 0.900 levels, worse than 0.600"),
        ("zh-CN", "预测误差 0.900 级，差于"),
    ):
        client = served.client("analyst", Accept_Language=lang)
        refused = client.post(f"/v1/models/{name}/promotion", json={})
        assert refused.status_code == 409
        assert words in refused.json()["detail"]
        assert "override_reason" in refused.json()["hint"]
    assert active_model(root) is None
    assert stages(served, before) == ["asked", "failed"] * 2
    agreed = client.post(f"/v1/models/{name}/promotion", json={"override_reason": "pilot"})
    assert agreed.status_code == 200
    again = client.post(f"/v1/models/{name}/promotion", json={"override_reason": "pilot"})
    assert again.status_code == 409
    assert again.json()["type"].endswith(":registry.already-in-force")


def test_a_model_without_control_rows_is_promoted_for_its_order_only(served, model, root):
    """Answers then say that no size is known, and the audit trail how it came into force."""
    fit = replace(model.fit, size_known=False)
    card = save_model(root, replace(model, fit=fit), samples.facts(), by="li", key=KEY)
    client = served.client("analyst", Accept_Language="zh-CN")
    path, before = f"/v1/models/{card.model_id}", count_entries(served)
    assert client.get(path).json()["size_known"] is False
    assert "只能用于排序" in client.get(path).json()["verdict"]["words"]["zh-CN"][0]
    refused = client.post(f"{path}/promotion", json={"override_reason": "试点"})
    assert refused.status_code == 409
    assert refused.json()["type"].endswith(":registry.size-unknown")
    assert "order_only" in refused.json()["hint"]
    agreed = client.post(f"{path}/promotion", json={"order_only": True})
    assert agreed.status_code == 200, agreed.text
    entries = trail(served, "promote_model", "roll_back_model")[before:]
    assert [entry.details.get("order_only") for entry in entries] == [None, None, True, True]
    assert read_switches(root)[-1].details["order_only"] is True
    client = served.client("admin")
    ranked = client.get(f"/v1/people/{EMPLOYEE}/recommendations").json()
    assert ranked["size_known"] is False
    served_gaps = [gap for item in ranked["recommendations"] for gap in item["competencies"]]
    assert {gap["basis"] for gap in served_gaps} == {"expert"}
    assert {gap["lower"] for gap in served_gaps} == {None}
    simulated = client.post("/v1/simulations", json={"person_id": EMPLOYEE})
    assert simulated.json()["plan"]["size_known"] is False
    made = client.post(f"/v1/people/{EMPLOYEE}/plans", json={}).json()
    assert client.get(f"/v1/plans/{made['plan_id']}").json()["size_known"] is False


def test_a_model_that_was_not_judged_needs_a_reason(served, save):
    name = save(none=1)
    client = served.client("analyst")
    assert client.post(f"/v1/models/{name}/promotion", json={}).status_code == 409
    assert client.get(f"/v1/models/{name}/report").status_code == 409
    body = {"override_reason": "there is no history yet"}
    assert client.post(f"/v1/models/{name}/promotion", json=body).status_code == 200


def test_a_reason_is_a_reason(served, save, subtests):
    for path, body in [
        ("/v1/models/{}/promotion", {"override_reason": ""}),
        ("/v1/models/{}/promotion", {"override_reason": "  "}),
        ("/v1/models/{}/promotion", {"reason": "x"}),
        ("/v1/model-rollbacks", {}),
        ("/v1/model-rollbacks", {"reason": " "}),
        ("/v1/model-rollbacks", {"reason": "x" * 2001}),
    ]:
        with subtests.test(path=path, body=body):
            answered = served.client("admin").post(path.format(save()), json=body)
            assert answered.status_code == 422


def test_a_request_sent_twice_under_one_name_is_done_once(served, save, root):
    name, client = save(), served.client("analyst")
    before = count_entries(served)
    answers = [
        client.post(
            f"/v1/models/{name}/promotion", json={}, headers={"Idempotency-Key": "promote-it"}
        )
        for _ in range(2)
    ]
    assert [answered.status_code for answered in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert [switch.action for switch in read_switches(root)] == ["promote"]
    assert stages(served, before) == ["asked", "done", "asked", "repeated"]


@pytest.mark.parametrize("path", ["/v1/models/{}/promotion", "/v1/model-rollbacks"])
def test_a_switch_whose_answer_was_lost_is_not_made_again(served, save, root, monkeypatch, path):
    """Killed, or the disk full, between the switch and the end of the transaction."""
    client = served.client("analyst")
    names = [save() for _ in range(3)]
    for name in names[:2]:
        body = {"override_reason": "pilot"}
        assert client.post(f"/v1/models/{name}/promotion", json=body).status_code == 200
    before = count_entries(served)

    def ask():
        body = {"reason": "odd"} if "rollbacks" in path else {"override_reason": "pilot"}
        headers = {"Idempotency-Key": f"lost {path}".replace(" ", "-")}
        return client.post(path.format(names[2]), json=body, headers=headers)

    def fail(*_):
        raise StoreError("store.full", database="x")

    with monkeypatch.context() as broken:
        broken.setattr("recommender.service.access.idempotency.keep_answer", fail)
        assert ask().status_code == 503
    expected = names[0] if "rollbacks" in path else names[2]
    assert active_model(root) == expected
    log = read_switches(root)
    assert ask().status_code == 200
    assert active_model(root) == expected
    assert read_switches(root) == log
    # it was made, whatever was answered
    assert stages(served, before) == ["asked", "done", "asked", "done"]


def test_a_full_disk_is_not_the_fault_of_the_model(served, save, monkeypatch):
    name, client = save(), served.client("analyst")

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("recommender.improvement.registry.switching.replace_file", fail)
        refused = client.post(f"/v1/models/{name}/promotion", json={})
    assert refused.status_code == 503
    assert refused.json()["type"].endswith(":store.models")
    assert client.post(f"/v1/models/{name}/promotion", json={}).status_code == 200


def test_a_key_may_be_for_switching_alone(served, save):
    key = served.key("analyst", permissions=[Permission.WRITE_MODELS])
    client = served.client(None, Authorization=f"Bearer {key}")
    name = save()
    assert client.get(f"/v1/models/{name}").status_code == 403
    assert client.post(f"/v1/models/{name}/promotion", json={}).status_code == 200


@pytest.fixture(scope="module")
def judged():
    """A simulated history, the table of the model fitted on it, and what judging it gave."""
    simulation = draw(2, n_people=200, n_competencies=4, n_modules=8, n_trained=400)
    estimator, fit = fit_table(simulation)
    evaluation = evaluate(
        simulation.intervals,
        simulation.level_after,
        {"effect-model": estimator},
        estimator="effect-model",
        n_folds=2,
    )
    return simulation, fit, evaluation


def test_the_report_holds_the_figures_of_the_training(served, root, model, judged):
    simulation, fit, evaluation = judged
    counts = count_intervals(simulation.intervals, 8)
    facts = CardFacts(
        data_digest="d" * 64,
        first_day=None,
        last_day=None,
        counts={
            "records": counts.trained + counts.controls,
            "trained": counts.trained,
            "controls": counts.controls,
            "people": counts.people,
            "modules": counts.modules,
            "modules_with_records": counts.modules_with_records,
        },
        metrics=to_plain(evaluation),
        seed=0,
    )
    whole = replace(model, fit=fit, org_ids=tuple(f"u{i}" for i in range(fit.org_effects.size)))
    card = save_model(root, whole, facts, by="li", key=KEY)
    expected = build_evaluation_report(
        evaluation,
        fit,
        counts,
        ReportOptions(
            model_id=card.model_id,
            made_on=card.created_at.date(),
            data_digest=card.data_digest,
            catalog_digest=card.catalog_digest,
        ),
    )
    found = build_report(whole, card)
    found, expected = (
        to_plain(replace(each, counts=replace(each.counts, first_on=None, last_on=None)))
        for each in (found, expected)
    )
    assert found == expected
    for lang in ("zh-CN", "en"):
        client = served.client("analyst", Accept_Language=lang)
        page = client.get(f"/v1/models/{card.model_id}/report")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert f'<html lang="{lang}">' in page.text
        assert card.model_id in page.text
        assert "<script" not in page.text


def model_in_use(client):
    found = client.get(f"/v1/people/{EMPLOYEE}/recommendations?top=1")
    assert found.status_code == 200
    return found.json()["model_id"]


def test_every_worker_answers_by_a_new_model_at_once(served, save):
    """Two applications on one database and one folder of models, as two workers are."""
    name, client = save(), served.client("admin")
    other = create_app(served.settings)
    with TestClient(other) as running:
        elsewhere = replace(served, app=other, portal=running.portal).client("admin")
        assert model_in_use(client) is model_in_use(elsewhere) is None
        assert client.post(f"/v1/models/{name}/promotion", json={}).status_code == 200
        assert model_in_use(elsewhere) == model_in_use(client) == name
        elsewhere.post("/v1/model-rollbacks", json={"reason": "odd ranks"})
        assert model_in_use(client) is model_in_use(elsewhere) is None


def promote_in_process(database: str, folder: str, key: str, name: str, gate, statuses) -> None:
    """Promote a model in a process of its own, when the other one does."""
    app = create_app(settings_for(database, Path(folder)))
    with TestClient(app) as client:
        gate.wait(120)
        answered = client.post(
            f"/v1/models/{name}/promotion", json={}, headers={"Authorization": f"Bearer {key}"}
        )
        statuses.put((name, answered.status_code, answered.json().get("type", "")))


@pytest.mark.slow
def test_two_workers_promote_at_once(tmp_path, model):
    """Each model was judged while none was in force: the second one is told that one is now."""
    with serve(f"sqlite:///{tmp_path / 'two.db'}", tmp_path) as served:
        root = served.settings.models
        names = [
            save_model(root, samples.varied(model, n), samples.facts(), by="li", key=KEY).model_id
            for n in range(2)
        ]
        spawn = multiprocessing.get_context("spawn")
        gate, statuses = spawn.Barrier(2), spawn.Queue()
        processes = [
            spawn.Process(
                target=promote_in_process,
                args=(
                    served.settings.database,
                    str(tmp_path),
                    served.keys[Role.ADMIN],
                    name,
                    gate,
                    statuses,
                ),
            )
            for name in names
        ]
        for process in processes:
            process.start()
        found = sorted((statuses.get(timeout=180) for _ in names), key=lambda each: each[1])
        for process in processes:
            process.join(60)
            assert process.exitcode == 0
        (winner, *first), (_, *second) = found
        assert first == [200, ""]
        assert second == [409, "urn:training-recommender:problem:registry.verdict-outdated"]
        assert active_model(root) == winner
        assert [switch.action for switch in read_switches(root)] == ["promote"]
        assert sorted(stages(served, 0)) == ["asked", "asked", "done", "failed"]
        assert model_in_use(served.client("admin")) == winner
        with reading(engine_of(served)) as connection:
            assert verify_trail(connection).broken_at is None


def test_the_watch_tells_people_to_hr_and_fives_to_analysts(served, save):
    served.client("admin").post(f"/v1/models/{save()}/promotion", json={})
    exact, coarse = (
        served.client(role).get("/v1/models/watch").json() for role in ("hr", "analyst")
    )
    assert (exact["exact"], coarse["exact"]) == (True, False)
    # nobody has been assessed since this model was trained
    assert "few-records" in exact["untested"]
    assert exact["model_id"] == active_model(served.settings.models)
    assert coarse["people"] % 5 == 0
    units = [line for line in exact["lines"] if line["dimension"] == "unit"]
    assert sum(line["people"] or 0 for line in units) <= exact["people"]
    assert exact["alarms"] == sum(each["is_alarm"] for each in exact["findings"])
    assert all(each["sentence"] and each["todo"] for each in exact["findings"])
    report = served.client("analyst").get("/v1/models/watch/report")
    assert report.headers["content-type"] == "application/pdf"
    assert report.content.startswith(b"%PDF")
