"""Promote, roll back, and what is left when somebody pulls the plug."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from improvement import registry_models as samples

from recommender.errors import ConflictError, InputError, RecommenderError
from recommender.improvement.registry import (
    active_model,
    explain_verdict,
    folder,
    judge,
    list_models,
    load_model_folder,
    promote_model,
    read_switches,
    rollback_model,
    save_model,
    save_model_folder,
    switching,
)
from recommender.improvement.registry.arrays import dump_arrays

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def model():
    return samples.train()


@pytest.fixture
def three(model, tmp_path):
    root = tmp_path / "models"
    ids = [
        save_model(root, samples.varied(model, n), samples.facts(), by="li").model_id
        for n in range(3)
    ]
    return root, ids


def promote(root, model_id, **named):
    promote_model(root, model_id, verdict=samples.good(active_model(root)), by="wang", **named)


def code_of(action, *arguments, **named):
    with pytest.raises(RecommenderError) as caught:
        action(*arguments, **named)
    return caught.value.code


def test_promote_and_roll_back_step_by_step(three):
    root, (a, b, c) = three
    assert active_model(root) is None
    for model_id in (a, b, c):
        promote(root, model_id)
        assert active_model(root) == model_id
    assert rollback_model(root, by="wang", reason="odd") == b
    assert rollback_model(root, by="wang", reason="odd still") == a
    promote(root, c)
    assert rollback_model(root, by="wang", reason="again") == a
    assert rollback_model(root, by="wang", reason="none") is None
    assert active_model(root) is None
    assert code_of(rollback_model, root, by="wang", reason="x") == "registry.nothing-in-force"
    switches = read_switches(root)
    assert [(s.action, s.model_id, s.previous) for s in switches] == [
        ("promote", a, None), ("promote", b, a), ("promote", c, b),
        ("rollback", b, c), ("rollback", a, b), ("promote", c, a),
        ("rollback", a, c), ("rollback", None, a),
    ]  # fmt: skip
    assert switches[-1].by == "wang"
    assert switches[-1].reason == "none"
    content = json.loads((root / "active.json").read_text(encoding="utf-8"))
    assert {"model_id", "since", "by", "reason"} <= set(content)


def test_a_request_that_comes_again_switches_nothing(three, monkeypatch):
    """Also after others have switched; but only for a day, as long as answers are kept."""
    root, (a, b, c) = three
    promote(root, a)
    promote(root, b, request="first")
    promote(root, c)
    assert rollback_model(root, by="wang", reason="odd", request="second") == b
    promote(root, c)
    before = read_switches(root)
    promote(root, b, request="first")
    assert rollback_model(root, by="wang", reason="odd", request="second") == b
    assert active_model(root) == c
    assert read_switches(root) == before
    monkeypatch.setattr(switching, "REPEATED_WITHIN", dt.timedelta(0))
    promote(root, b, request="first")
    assert active_model(root) == b
    assert len(read_switches(root)) == len(before) + 1


def test_a_model_that_is_not_better_needs_a_reason(three):
    root, (a, b, _) = three
    with pytest.raises(ConflictError) as caught:
        promote_model(root, a, verdict=samples.bad(), by="wang")
    assert caught.value.code == "registry.not-better"
    assert "rmse-baseline raw-mean 0.600 / 0.550" in str(caught.value.values["failed"])
    assert active_model(root) is None
    blank = code_of(promote_model, root, a, verdict=samples.bad(), by="wang", override_reason=" ")
    assert blank == "registry.blank"
    promote_model(root, a, verdict=samples.bad(), by="wang", override_reason="pilot in Suzhou")
    last = read_switches(root)[-1]
    assert (last.action, last.model_id, last.reason) == ("override", a, "pilot in Suzhou")
    assert "raw-mean" in last.details["failed"]
    # compared with no model, while one is in force
    outdated = code_of(promote_model, root, b, verdict=samples.good(), by="wang")
    assert outdated == "registry.verdict-outdated"
    promote(root, b)
    assert code_of(promote, root, b) == "registry.already-in-force"


def test_what_does_not_load_is_not_promoted(three):
    root, (a, _, _) = three
    (root / a / "model.joblib").write_bytes(b"x")
    assert code_of(promote, root, a) == "registry.artefact-changed"
    assert code_of(promote, root, "nobody") == "registry.no-model"
    assert code_of(promote, root, "../x") == "registry.bad-id"
    assert code_of(promote, root.parent / "nowhere", "nobody") == "registry.no-model"
    assert not (root.parent / "nowhere").exists()
    assert active_model(root) is None


def test_a_key_is_asked_for_in_promotion(three, model):
    root, (a, _, _) = three
    signed = save_model(root, model, samples.facts(), by="li", key=samples.KEY).model_id
    assert code_of(promote, root, a, key=samples.KEY) == "registry.unsigned"
    promote(root, signed, key=samples.KEY)


def test_rolling_back_passes_over_what_does_not_load(three):
    root, (a, b, c) = three
    for model_id in (a, b, c):
        promote(root, model_id)
    (root / b / "card.json").unlink()
    assert rollback_model(root, by="wang", reason="odd") == a
    assert read_switches(root)[-1].details == {"skipped": {b: "registry.no-card"}}


def test_rolling_back_wants_who_and_why(three):
    root, _ = three
    for named in ({"by": "", "reason": "x"}, {"by": "x", "reason": ""}):
        with pytest.raises(InputError):
            rollback_model(root, **named)
    missing = root.parent / "nowhere"
    assert code_of(rollback_model, missing, by="x", reason="x") == "registry.nothing-in-force"
    assert not missing.exists()


def test_a_broken_active_file_is_no_silent_none(three):
    root, (a, b, _) = three
    promote(root, a)
    (root / "active.json").write_text("{", encoding="utf-8")
    assert code_of(active_model, root) == "registry.active-broken"
    assert code_of(rollback_model, root, by="x", reason="x") == "registry.active-broken"
    (root / "active.json").unlink()
    promote(root, b)
    assert active_model(root) == b


def test_an_installation_of_an_earlier_release_goes_on(three):
    """Its switches stood in another file, and the last one in a field of another name."""
    root, (a, b, c) = three
    entry = {"time": "2026-01-02T03:04:05Z", "action": "promote", "model_id": b, "previous": a}
    earlier = {"model_id": b, "since": entry["time"], "by": "li", "reason": "verdict"}
    content = json.dumps(earlier | {"earlier": [a], "entry": entry})
    (root / "active.json").write_text(content, encoding="utf-8")
    assert active_model(root) == b
    promote(root, c)
    assert rollback_model(root, by="wang", reason="odd") == b
    assert rollback_model(root, by="wang", reason="odd still") == a


def test_two_promotions_at_once_come_one_after_the_other(three):
    root, ids = three

    refusals = []

    def attempt(model_id):
        for _ in range(200):
            try:
                return promote(root, model_id)
            except ConflictError as error:
                refusals.append(error.code)
                if error.code == "registry.already-in-force":
                    return None
        return None

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(attempt, ids * 3))
    switches = read_switches(root)
    assert [switch.previous for switch in switches] == [
        None, *(switch.model_id for switch in switches[:-1])
    ]  # fmt: skip
    assert active_model(root) == switches[-1].model_id
    assert set(refusals) <= {"registry.already-in-force", "registry.verdict-outdated"}


def test_who_waits_too_long_is_told(three, monkeypatch):
    root, (a, _, _) = three
    monkeypatch.setattr(folder, "PATIENCE_SECONDS", 0.05)
    with folder.locked(root):
        assert code_of(promote, root, a) == "registry.busy"


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def killed_at_every_step(monkeypatch, action, prepare):
    """Run an action again and again, killed before its first call of the system, its second …"""
    calls = [
        (folder, "_write_new"), (folder, "_sync_folder"), (Path, "mkdir"), (Path, "rename"),
        (Path, "replace"), (Path, "unlink"), (os, "fsync"),
    ]  # fmt: skip
    originals = {(owner, name): getattr(owner, name) for owner, name in calls}
    for step in range(200):
        target = prepare(step)
        left = [step]

        def counted(original, left=left):
            def call(*arguments, **named):
                if left[0] == 0:
                    raise Killed
                left[0] -= 1
                return original(*arguments, **named)

            return call

        with monkeypatch.context() as patch:
            for (owner, name), original in originals.items():
                patch.setattr(owner, name, counted(original))
            try:
                action(target)
                finished = True
            except Killed:
                finished = False
        yield target, finished
        if finished:
            assert step > 5
            return
    pytest.fail("the action does not end")


def test_a_kill_at_any_step_of_a_save_leaves_the_whole_or_nothing(monkeypatch, model, tmp_path):
    def prepare(step):
        root = tmp_path / str(step)
        save_model(root, model, samples.facts(), by="li")
        return root

    other = samples.varied(model, 1)
    seen = set()
    for root, finished in killed_at_every_step(
        monkeypatch, lambda root: save_model(root, other, samples.facts(), by="li"), prepare
    ):
        listed = list_models(root)
        assert not listed.broken
        seen.add(len(listed.cards))
        assert len(listed.cards) == 2 or not finished
        save_model(root, model, samples.facts(), by="li")
        assert not list(root.glob(".saving-*"))
    assert seen == {1, 2}


@pytest.mark.parametrize("back", [False, True])
def test_a_kill_at_any_step_of_a_switch_leaves_old_or_new(monkeypatch, model, tmp_path, back):
    def prepare(step):
        root = tmp_path / str(step)
        for number in range(2):
            save_model(root, samples.varied(model, number), samples.facts(), by="li")
        a, b = sorted(card.model_id for card in list_models(root).cards)
        promote(root, a)
        if back:
            promote(root, b)
        return root

    def switch(root):
        if back:
            rollback_model(root, by="li", reason="odd")
        else:
            _, b = sorted(card.model_id for card in list_models(root).cards)
            promote(root, b)

    seen = set()
    for root, finished in killed_at_every_step(monkeypatch, switch, prepare):
        a, b = sorted(card.model_id for card in list_models(root).cards)
        old, new = (b, a) if back else (a, b)
        active = active_model(root)
        assert active in (old, new)
        assert active == new or not finished
        seen.add(active == new)
        assert read_switches(root)[-1].model_id == active
        assert len(read_switches(root)) == (2 if back else 1) + (active == new)
        assert rollback_model(root, by="li", reason="look") == (None if active == a else a)
    assert seen == {False, True}


def test_a_kill_at_any_step_of_a_folder_leaves_old_or_new_or_what_is_refused(
    monkeypatch, model, tmp_path
):
    other = samples.varied(model, 1)
    old, new = (hashlib.sha256(dump_arrays(each)).hexdigest() for each in (model, other))

    def prepare(step):
        save_model_folder(tmp_path / str(step), model, samples.facts())
        return tmp_path / str(step)

    def put_other(place):
        save_model_folder(place, other, samples.facts())

    seen = set()
    for place, finished in killed_at_every_step(monkeypatch, put_other, prepare):
        try:
            loaded, card = load_model_folder(place)
            assert hashlib.sha256(dump_arrays(loaded)).hexdigest() == card.arrays_sha256
            seen.add(card.arrays_sha256)
            assert card.arrays_sha256 == new or not finished
        except RecommenderError as problem:
            seen.add(problem.code)
            assert not finished
        put_other(place)
        assert load_model_folder(place)[1].arrays_sha256 == new
    assert seen == {old, new, "registry.artefact-changed"}


@pytest.fixture(scope="module")
def killed(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    save_model_folder(folder / "seed", model, samples.facts())
    program = str(Path(__file__).with_name("registry_kills.py"))
    arguments = [str(folder / "seed"), str(folder / "models"), "5", "1"]
    done = subprocess.run(
        [sys.executable, program, *arguments],
        env=os.environ
        | {"PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}", "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children")
def test_a_kill_at_random_moments(killed):
    assert min(killed["killed"].values()) >= 5
    for never in ("broken", "lost", "contradictory", "died alone"):
        assert not killed.get(never), killed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children")
def test_another_process_gives_the_same_bytes(model, killed):
    assert killed["digest"] == hashlib.sha256(dump_arrays(model)).hexdigest()


def test_a_verdict_lists_every_comparison_with_both_figures():
    verdict = judge(samples.metrics(in_force={"model_id": "m", "rmse": 0.52, "slope": 0.8}))
    assert verdict.promotable
    assert verdict.in_force == "m"
    assert [(c.figure, c.against, c.own, c.other) for c in verdict.comparisons] == [
        ("rmse-baseline", "raw-mean", 0.5, 0.55),
        ("rmse-baseline", "ancova", 0.5, 0.51),
        ("slope", "", 0.95, 1.0),
        ("rmse-in-force", "m", 0.5, 0.52),
        ("slope-in-force", "m", 0.95, 0.8),
    ]


@pytest.mark.parametrize(
    ("figures", "failed"),
    [
        (samples.metrics(own=0.512), ()),
        (samples.metrics(own=0.513), ("rmse-baseline",)),
        (samples.metrics(slope=0.5), ()),
        (samples.metrics(slope=1.51), ("slope",)),
        (samples.metrics(slope=float("nan")), ("slope",)),
        (samples.metrics(own=None), ("rmse-baseline", "rmse-baseline")),
        (samples.metrics(raw_mean=None), ("rmse-baseline",)),
        (samples.metrics(in_force={"model_id": "m", "rmse": 0.48, "slope": 0.9}),
         ("rmse-in-force",)),
        (samples.metrics(slope=0.8, in_force={"model_id": "m", "rmse": 0.5, "slope": 0.99}),
         ("slope-in-force",)),
        (samples.metrics(in_force={"model_id": "m", "rmse": None, "slope": None}),
         ("rmse-in-force",)),
    ],
)  # fmt: skip
def test_what_fails_a_verdict(figures, failed):
    verdict = judge(figures)
    assert tuple(comparison.figure for comparison in verdict.failed) == failed
    assert verdict.promotable == (not failed)
    for lang in ("zh-CN", "en"):
        lines = explain_verdict(verdict, lang)
        assert len(lines) == 1 + len(verdict.comparisons)
        assert not any("{" in line for line in lines)


def test_a_verdict_in_words():
    figures = samples.metrics(own=0.6, in_force={"model_id": "m", "rmse": 0.52, "slope": 0.9})
    lines = explain_verdict(judge(figures), "en")
    assert lines[0] == "not promoted: 3 of 5 conditions are not met on the later data"
    assert lines[1] == (
        "error of 0.600 levels, worse than 0.550 for the raw mean gain of each course (limit 0.553)"
    )
    assert explain_verdict(judge(figures), "zh-CN")[0].startswith("暂不启用")


@pytest.mark.parametrize("figures", [{}, {"known": None}, {"known": {"effect-model": {"rmse": 1}}}])
def test_without_figures_there_is_no_verdict(figures):
    assert code_of(judge, figures) == "registry.no-metrics"


def test_a_model_that_knows_the_order_only_has_to_be_meant_for_that(model, tmp_path):
    """No reason takes the place of saying so, and it is recorded."""
    order_only = replace(model, fit=replace(model.fit, size_known=False))
    card = save_model(tmp_path, order_only, samples.facts(), by="li")
    whole = save_model(tmp_path, samples.varied(model, 1), samples.facts(), by="li")
    assert (card.size_known, whole.size_known) == (False, True)
    for named in ({}, {"override_reason": "pilot"}):
        assert code_of(promote, tmp_path, card.model_id, **named) == "registry.size-unknown"
    assert active_model(tmp_path) is None
    promote(tmp_path, card.model_id, order_only=True)
    assert read_switches(tmp_path)[-1].details["order_only"] is True
    assert code_of(promote, tmp_path, whole.model_id, order_only=True) == "registry.size-known"
    promote(tmp_path, whole.model_id)
    assert "order_only" not in read_switches(tmp_path)[-1].details
