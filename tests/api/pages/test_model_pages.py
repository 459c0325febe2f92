"""Effect models in a browser: listed, judged beside rivals, put in force and rolled back."""

from __future__ import annotations

import html
import re
import shutil

import pytest
from improvement import registry_models as samples
from improvement.registry_models import KEY

from recommender.improvement.registry import active_model, read_switches, save_model
from recommender.store import reading, schema

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def root(served):
    """The folder of the models, empty."""
    folder = served.settings.models
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def save(root):
    """Save a model with figures and return its id."""
    saved = []

    def save_one(metrics, **changed):
        model = samples.varied(samples.train(), len(saved))
        facts = samples.facts(metrics=metrics, **changed)
        saved.append(save_model(root, model, facts, by="li", key=KEY).model_id)
        return saved[-1]

    return save_one


@pytest.fixture
def analyst(served):
    """The browser of an analyst."""
    with served.browser("analyst") as browser:
        yield browser


def read(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def promote(browser, model_id, *, seen="", reason="评审会同意", **form):
    data = {"reason": reason, "seen": seen, **form}
    return browser.post(f"/models/{model_id}/promotion", data=data)


def stages(served):
    entry = schema.audit_entry
    with reading(served.app.state.server.installation.engine) as connection:
        query = entry.select().where(
            entry.c.action.in_(["promote_model_page", "roll_back_model_page"])
        )
        found = connection.execute(query.order_by(entry.c.seq)).all()
    return [(each.action, each.details["stage"], each.details["overrides"]) for each in found]


def test_an_empty_registry_says_that_experts_estimates_count(analyst, root):
    page = read(analyst, "/models")
    assert "按专家估计" in page
    assert "还没有模型" in page
    assert analyst.get("/").headers["location"] == "/models"
    assert analyst.get("/models/no-such").status_code == 404


def test_a_model_stands_beside_its_rivals_with_its_calibration_and_coverage(analyst, save):
    name = save(samples.whole_metrics() | {"in_force": {"model_id": "x", "rmse": 0.53, "slope": 1}})
    page = read(analyst, f"/models/{name}")
    # the smallest error first, the model that was in force then among them
    errors = re.findall(r'<td role="cell" data-k="误差（级）" class="num strong">([\d.]+)', page)
    assert errors == ["0.500", "0.510", "0.530", "0.550"]
    assert "比本模型的误差大 0.030 至 0.070 级" in page  # 0.05 ± 1.96 × 0.01
    assert "90% 区间的实际覆盖率为 90%" in page
    assert '<svg class="chart calibration"' in page
    assert "style=" not in page
    assert "无样本" in page  # the group that nobody is in has no bar and no range
    assert f'href="/models/{name}/report.html" download' in page


def test_a_model_is_put_in_force_for_a_reason_and_rolled_back_for_one(served, analyst, save, root):
    first, second = save(samples.whole_metrics()), save(samples.whole_metrics(own=0.49))
    before = len(stages(served))
    # without a reason nothing happens, and the form comes back with what is wrong
    answer = promote(analyst, first, reason="  ")
    assert answer.status_code == 422
    assert "写一句话说明" in answer.text
    assert active_model(root) is None
    answer = promote(analyst, first, reason=f"第一行\r\n{EVIL}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/models")
    assert active_model(root) == first
    switch = read_switches(root)[-1]
    assert (switch.action, switch.reason) == ("promote", f"第一行\n{EVIL}")
    assert switch.by.startswith("account:")
    listed = analyst.get("/models").text
    assert EVIL not in listed
    assert "第一行" in listed
    # judged when no model was in force: that it comes into force now is against the verdict
    assert "对照的模型已不在用" in read(analyst, f"/models/{second}")
    assert promote(analyst, second, seen=first).status_code == 303
    assert read_switches(root)[-1].action == "override"
    answer = analyst.post("/models/rollback", data={"reason": "排序异常", "seen": second})
    assert answer.status_code == 303
    assert active_model(root) == first
    assert stages(served)[before:] == [
        ("promote_model_page", "asked", False),
        ("promote_model_page", "failed", False),
        ("promote_model_page", "asked", False),
        ("promote_model_page", "done", False),
        ("promote_model_page", "asked", True),
        ("promote_model_page", "done", True),
        ("roll_back_model_page", "asked", False),
        ("roll_back_model_page", "done", False),
    ]


def test_who_looked_at_another_state_is_told_and_nothing_is_switched(analyst, save, root):
    first, second = save(samples.whole_metrics()), save(samples.whole_metrics())
    assert promote(analyst, first).status_code == 303
    for answer in (
        promote(analyst, second, seen="", reason=EVIL),
        analyst.post("/models/rollback", data={"reason": EVIL, "seen": second}),
    ):
        assert answer.status_code == 422
        assert "已经换过" in answer.text
        assert html.escape(EVIL) in answer.text  # what was typed is kept
        assert EVIL not in answer.text
    assert active_model(root) == first


def test_what_the_verdict_refuses_shows_why_and_can_be_overridden(analyst, save, root):
    name = save(samples.whole_metrics(own=0.9))
    page = read(analyst, f"/models/{name}")
    assert "暂不启用" in page
    assert "不满足" in page
    assert "仍要启用" in page
    assert promote(analyst, name).status_code == 303
    assert read_switches(root)[-1].action == "override"


def test_broken_and_unjudged_models_say_so_without_paths(analyst, save, root):
    broken, unjudged = save(samples.whole_metrics()), save({})
    (root / broken / "model.joblib").write_bytes(b"changed")
    page = read(analyst, "/models")
    assert "文件损坏或被改动" in page
    assert "未评估" in page
    assert f'href="/models/{broken}"' not in page
    assert "仍要启用" in read(analyst, f"/models/{unjudged}")
    answer = promote(analyst, broken)
    for text in (page, answer.text, analyst.get(f"/models/{broken}").text):
        assert str(root) not in text


def test_hr_reads_models_and_switches_none(served, save):
    name = save(samples.whole_metrics())
    with served.browser("hr") as browser:
        assert "<textarea" not in read(browser, f"/models/{name}")
        assert promote(browser, name).status_code == 403


def test_the_watch_shows_groups_and_hands_out_the_report(served, save, analyst):
    save(samples.metrics())
    assert "/models/watch" in read(analyst, "/models")
    page = read(analyst, "/models/watch")
    assert "没有在用的效果模型" in page
    assert "按司龄" in page
    report = analyst.get("/models/watch/report.pdf")
    assert report.content.startswith(b"%PDF")
    with served.browser("hr") as hr:
        # hr has no page of models in the menu, but this one
        assert 'href="/models/watch"' in read(hr, "/today")
        assert "按单位" in read(hr, "/models/watch")
