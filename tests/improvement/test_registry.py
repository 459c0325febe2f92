"""Models are saved whole, verified before they are loaded, and listed with what is broken."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import io
import json
import os
import pickle
import re
import shutil
import stat
import tomllib
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from improvement import registry_models as samples

import recommender.improvement
from recommender.errors import (
    InputError,
    NotFoundError,
    RecommenderError,
    ShapeMismatchError,
)
from recommender.improvement.effect_table import EFFECT_COVERAGE, TOP_COVERAGE, predict
from recommender.improvement.history_checks import HistoryWarning
from recommender.improvement.registry import (
    TrainedModel,
    active_model,
    list_models,
    load_estimator,
    load_model,
    load_model_folder,
    read_model_card,
    read_or_make_key,
    save_model,
    save_model_folder,
    to_plain,
)
from recommender.improvement.registry import artefact as artefacts
from recommender.improvement.registry import card as cards
from recommender.improvement.registry.arrays import dump_arrays, read_arrays
from recommender.texts import LANGUAGES, all_texts, explain, placeholders

SOURCES = Path(recommender.improvement.__file__).parent


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return samples.train()


@pytest.fixture
def saved(model, tmp_path):
    root = tmp_path / "models"
    return root, save_model(root, model, samples.facts(), by="li").model_id


def same(left, right):
    if is_dataclass(left):
        # the estimator is compared by what it says, which the table holds
        names = [f.name for f in fields(left) if f.name != "estimator" or f.type == "str"]
        return all(same(getattr(left, name), getattr(right, name)) for name in names)
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and np.array_equal(left, right, equal_nan=True)
    return left == right or (left != left and right != right)


def refused(code, action, *arguments, **named):
    with pytest.raises(RecommenderError) as caught:
        action(*arguments, **named)
    assert caught.value.code == code
    for lang in LANGUAGES:
        sentence, advice = explain(caught.value, lang)
        assert sentence
        assert advice
        assert "{" not in sentence
    return caught.value


def edit_card(folder, *, checksum=False, **changed):
    path = folder / "card.json"
    content = json.loads(path.read_text(encoding="utf-8")) | changed
    if checksum:
        content.pop("card_sha256")
        content["card_sha256"] = cards._checksum(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_model_comes_back_as_it_was(model, tmp_path):
    card = save_model(tmp_path, model, samples.facts(parent="before"), by="li")
    loaded, read = load_model(tmp_path, card.model_id)
    assert same(loaded, model)
    assert read == card
    assert read.created_at.utcoffset() == dt.timedelta(0)
    assert read.catalog_digest == model.catalog_digest
    assert read.parent == "before"
    assert set(read.versions) == {
        "python", "numpy", "scikit-learn", "pandas", "joblib", "training-recommender"
    }  # fmt: skip
    assert read.warnings == ()
    assert all(set(limit) == set(LANGUAGES) for limit in read.limits)
    assert active_model(tmp_path) is None
    pair = np.array([model.fit.pair_module[0]]), np.array([model.fit.pair_competency[0]])
    level = np.array([1.5])
    assert same(predict(loaded.fit, *pair, level), predict(model.fit, *pair, level))


def test_what_limits_the_history_comes_back_with_its_figures_and_modules(model, tmp_path):
    findings = (
        HistoryWarning("taken-together", {"count": 2}, ("m1", "m2")),
        HistoryWarning("low-reliability", {"reliability": 0.41}),
    )
    card = save_model(tmp_path, model, samples.facts(findings=findings), by="li")
    _, read = load_model(tmp_path, card.model_id)
    assert read.findings == findings
    assert read.warnings[:2] == ("taken-together", "low-reliability")
    said = {limit["zh-CN"] for limit in read.limits}
    assert any("各自的效果无法区分" in limit for limit in said)
    assert any("重测信度偏低" in limit for limit in said)


def test_a_folder_holds_four_files_with_a_key_and_three_without(model, tmp_path):
    plain = save_model(tmp_path, model, samples.facts(), by="li").model_id
    signed = save_model(tmp_path, model, samples.facts(), by="li", key=samples.KEY).model_id
    assert plain != signed
    files = {"arrays.npz", "model.joblib", "card.json"}
    assert {f.name for f in (tmp_path / plain).iterdir()} == files
    assert {f.name for f in (tmp_path / signed).iterdir()} == files | {"card.sig"}


def test_the_same_model_gives_the_same_arrays(model, tmp_path):
    content = dump_arrays(model)
    assert dump_arrays(read_arrays(content, source="again")) == content
    samples.train.cache_clear()
    assert dump_arrays(samples.train()) == content
    # equal content, other objects: memory order, dtype objects, scalars
    fit = model.fit
    shuffled = replace(
        model,
        fit=replace(
            fit,
            effect=np.asfortranarray(fit.effect),
            evidence_count=pickle.loads(pickle.dumps(fit.evidence_count)),
            reliability=np.float64(fit.reliability),
        ),
        org_ids=tuple("".join(list(name)) for name in model.org_ids),
    )
    assert dump_arrays(shuffled) == content
    assert dump_arrays(samples.varied(model, 1)) != content


def test_the_artefact_holds_the_estimator_and_what_a_server_reads_does_not(model, tmp_path):
    model_id = save_model(tmp_path, model, samples.facts(), by="li", key=samples.KEY).model_id
    loaded, card = load_model(tmp_path, model_id, key=samples.KEY)
    assert loaded.estimator is None
    estimator = load_estimator(tmp_path, model_id, key=samples.KEY).estimator
    assert estimator.get_params()["asked_since"] == card.asked_since == 6.0
    assert card.estimator == "effect-model"
    assert card.parameters["members"] == ["linear", "curve"]
    assert "catalog" not in card.parameters
    assert (card.effect_coverage, card.top_coverage) == (EFFECT_COVERAGE, TOP_COVERAGE)
    assert 0.0 <= card.table_error <= 0.005


def test_an_estimator_that_cannot_be_pickled_is_named(model, tmp_path):
    unsaved = replace(model, estimator=lambda: None)
    problem = refused(
        "registry.not-picklable", save_model, tmp_path, unsaved, samples.facts(), by="li"
    )
    assert problem.values["estimator"] == "effect-model"


def test_a_card_without_a_range_says_so(model, tmp_path):
    unknown = np.full_like(model.fit.effect, np.nan)
    fit = replace(model.fit, effect_lower=unknown, effect_upper=unknown, asked_since=float("nan"))
    card = save_model(tmp_path, replace(model, fit=fit), samples.facts(), by="li")
    read = read_model_card(tmp_path, card.model_id)
    assert read.effect_coverage is read.top_coverage is read.asked_since is None
    assert any("no range of the effect" in limit["en"] for limit in read.limits)


def test_a_fit_with_more_codes_than_ids_is_refused(model):
    with pytest.raises(ShapeMismatchError, match="module_ids"):
        dump_arrays(replace(model, module_ids=("m0",)))


@dataclass(frozen=True)
class Trap:
    """Leaves a trace when it is unpickled."""

    path: str

    def __reduce__(self):
        return (Path.touch, (Path(self.path),))


def test_a_tampered_artefact_is_refused_before_it_is_loaded(saved, tmp_path):
    root, model_id = saved
    trace = tmp_path / "trace"
    joblib.dump(Trap(str(trace)), root / model_id / "model.joblib")
    refused("registry.artefact-changed", load_model, root, model_id)
    assert not trace.exists()


def test_one_changed_bit_is_refused(saved):
    root, model_id = saved
    for name in ("model.joblib", "arrays.npz"):
        path = root / model_id / name
        whole = path.read_bytes()
        for position in (0, 1000, -1):
            content = bytearray(whole)
            content[position] ^= 1
            path.write_bytes(content)
            refused("registry.artefact-changed", load_model, root, model_id)
        path.write_bytes(whole)


def test_what_is_missing_or_broken_is_named(saved):
    root, model_id = saved
    folder = root / model_id
    card = (folder / "card.json").read_text(encoding="utf-8")
    for content in ("", "{", "[]", "null", "{}", card[:200], '"x"', "\ud800", "[" * 100_000):
        (folder / "card.json").write_text(content, encoding="utf-8", errors="surrogatepass")
        refused("registry.card-broken", load_model, root, model_id)
    (folder / "card.json").write_text(card, encoding="utf-8")
    (folder / "model.joblib").unlink()
    refused("registry.no-artefact", load_model, root, model_id)
    (folder / "card.json").unlink()
    refused("registry.no-card", load_model, root, model_id)
    (folder / "card.json").mkdir()
    refused("registry.io", load_model, root, model_id)
    shutil.rmtree(folder)
    assert isinstance(refused("registry.no-model", load_model, root, model_id), NotFoundError)
    refused("registry.no-folder", load_model_folder, folder)


def test_a_changed_card_is_refused(saved):
    root, model_id = saved
    edit_card(root / model_id, seed=4)
    refused("registry.card-changed", load_model, root, model_id)


@pytest.mark.parametrize("checksum", [True, False])
def test_an_artefact_of_another_scikit_learn_is_refused(saved, checksum):
    root, model_id = saved
    edit_card(root / model_id, versions={"scikit-learn": "1.3.2"}, checksum=checksum)
    error = refused("registry.other-scikit-learn", load_model, root, model_id)
    assert error.values["found"] == "1.3.2"
    broken = list_models(root).broken
    assert [item.problem.code for item in broken] == ["registry.other-scikit-learn"]
    assert broken[0].card


def test_a_patch_of_scikit_learn_is_no_other(saved):
    root, model_id = saved
    minor = ".".join(importlib.metadata.version("scikit-learn").split(".")[:2])
    edit_card(root / model_id, versions={"scikit-learn": f"{minor}.99"}, checksum=True)
    load_model(root, model_id)


def test_a_key_asks_for_its_signature(model, tmp_path):
    plain = save_model(tmp_path, model, samples.facts(), by="li").model_id
    signed = save_model(tmp_path, model, samples.facts(), by="li", key=samples.KEY).model_id
    load_model(tmp_path, signed, key=samples.KEY)
    load_model(tmp_path, signed)
    refused("registry.unsigned", load_model, tmp_path, plain, key=samples.KEY)
    refused("registry.wrong-signature", load_model, tmp_path, signed, key=b"o" * 32)
    refused("registry.short-key", load_model, tmp_path, signed, key=b"short")
    edit_card(tmp_path / signed, seed=9, checksum=True)
    load_model(tmp_path, signed)  # whoever changes all of it can be seen with a key only
    refused("registry.wrong-signature", load_model, tmp_path, signed, key=samples.KEY)
    listed = list_models(tmp_path, key=samples.KEY)
    assert not listed.cards
    assert len(listed.broken) == 2


def test_a_short_key_saves_nothing(model, tmp_path):
    refused("registry.short-key", save_model, tmp_path, model, samples.facts(), by="li", key=b"k")
    assert not list_models(tmp_path).cards


@pytest.mark.parametrize(
    "model_id",
    [
        "",
        ".",
        "..",
        "../x",
        "/etc",
        "a/b",
        "a\\b",
        ".saving-1",
        ".lock",
        "a\0",
        "a\n",
        "-a",
        "模型",
    ],
)
def test_an_id_is_no_path(saved, model_id):
    error = refused("registry.bad-id", load_model, saved[0], model_id)
    assert isinstance(error, InputError)


def test_a_folder_under_another_name_or_linked_is_refused(saved):
    root, model_id = saved
    (root / model_id).rename(root / "other")
    refused("registry.wrong-id", load_model, root, "other")
    load_model_folder(root / "other")
    (root / model_id).symlink_to(root / "other")
    refused("registry.link", load_model, root, model_id)


def replace_file(folder, name, content, *, key=None):
    """Put another file in place of one, with a card that says so: all but a signature."""
    (folder / name).write_bytes(content)
    entry = "arrays_sha256" if name == "arrays.npz" else "artefact_sha256"
    edit_card(folder, **{entry: hashlib.sha256(content).hexdigest()}, checksum=True)
    if key:
        (folder / "card.sig").write_bytes(cards.sign((folder / "card.json").read_bytes(), key))


def test_what_is_no_model_is_refused(saved):
    root, model_id = saved
    for content in (b"no pickle", pickle.dumps({"fit": 1})):
        replace_file(root / model_id, "model.joblib", content, key=samples.KEY)
        refused("registry.unreadable", load_estimator, root, model_id, key=samples.KEY)


def test_arrays_that_are_no_model_are_refused(saved, model, tmp_path):
    root, model_id = saved
    folder = root / model_id
    trace = tmp_path / "trace"
    with np.load(folder / "arrays.npz") as archive:
        good = dict(archive)

    def packed(save=np.savez, **changed):
        buffer = io.BytesIO()
        save(buffer, **{name: a for name, a in (good | changed).items() if a is not None})
        return buffer.getvalue()

    def single(array):
        buffer = io.BytesIO()
        np.save(buffer, array)
        return buffer.getvalue()

    not_finite = good["effect"].copy()
    not_finite[0, 0] = np.inf
    strange = {
        "no npz": b"no npz",
        "a torn file": packed()[:-200],
        "a pickle": pickle.dumps(Trap(str(trace))),
        "a single array": single(good["scale"]),
        "a pickle within": packed(org_ids=np.array([Trap(str(trace))], dtype=object)),
        "compressed, of any size when unpacked": packed(np.savez_compressed),
        "one too few": packed(untrained=None),
        "one too many": packed(more=np.zeros(3)),
        "another type": packed(evidence_count=good["evidence_count"].astype(float)),
        "text for figures": packed(table_error=np.array("0.1")),
        "another number of pairs": packed(evidence_count=good["evidence_count"][1:]),
        "another number of dimensions": packed(scale=good["scale"][None]),
        "no pairs at all": packed(**{n: a[:0] for n, a in good.items() if n == "pair_module"}),
        "not finite": packed(effect=not_finite),
        "a code without an id": packed(module_ids=good["module_ids"][:-1]),
        "a negative code": packed(pair_competency=-good["pair_competency"] - 1),
        "not sorted": packed(pair_module=good["pair_module"][::-1]),
        "no day": packed(trained_on=np.array("yesterday")),
        "a scale upside down": packed(scale=good["scale"][::-1]),
    }
    replace_file(folder, "arrays.npz", packed())
    assert same(load_model(root, model_id)[0], model)
    for what, content in strange.items():
        replace_file(folder, "arrays.npz", content)
        assert refused("registry.unreadable", load_model, root, model_id).values["problem"], what
    assert not trace.exists()


def test_arrays_and_artefact_are_the_same_model(model, tmp_path):
    model_id = save_model(tmp_path, model, samples.facts(), by="li", key=samples.KEY).model_id
    loaded, _ = load_model(tmp_path, model_id, key=samples.KEY)
    assert same(loaded, load_estimator(tmp_path, model_id, key=samples.KEY))
    assert dump_arrays(loaded) == (tmp_path / model_id / "arrays.npz").read_bytes()


def test_an_artefact_is_unpickled_only_where_its_card_is_signed(model, tmp_path):
    trace = tmp_path / "trace"
    root = tmp_path / "models"
    model_id = save_model(root, model, samples.facts(), by="li", key=samples.KEY).model_id
    replace_file(root / model_id, "model.joblib", pickle.dumps(Trap(str(trace))))
    refused("registry.wrong-signature", load_estimator, root, model_id, key=samples.KEY)
    (root / model_id / "card.sig").unlink()
    refused("registry.unsigned", load_estimator, root, model_id, key=samples.KEY)
    load_model(root, model_id)  # without a key all seems well, and the artefact stays shut
    assert not trace.exists()


def test_a_model_of_an_earlier_release_says_how_to_mend_it(saved):
    root, model_id = saved
    edit_card(root / model_id, estimator="", checksum=True)
    problem = refused("registry.earlier-release", load_model, root, model_id)
    for lang in LANGUAGES:
        assert model_id in explain(problem, lang)[0]
        for command in ("recommender train", "models promote"):
            assert command in explain(problem, lang, command_line=True)[1]


def test_nobody_but_the_owner_reads_models_and_keys(model, tmp_path):
    before = os.umask(0o000)
    try:
        root, alone = tmp_path / "models", tmp_path / "alone"
        save_model(root, model, samples.facts(), by="li", key=samples.KEY)
        save_model_folder(alone, model, samples.facts())
        read_or_make_key(root / "some.key")
    finally:
        os.umask(before)
    for path in (root, alone, *root.rglob("*"), *alone.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_key_is_made_once_and_a_file_that_holds_none_is_named(tmp_path):
    path = tmp_path / "models" / "some.key"
    key = read_or_make_key(path)
    assert len(bytes.fromhex(key)) == 32
    assert read_or_make_key(path, first=b"n" * 32) == key
    assert read_or_make_key(tmp_path / "given.key", first=b"n" * 32) == "6e" * 32
    for content in ("", key[:-1], "秘" * 64):
        path.write_text(content, encoding="utf-8")
        refused("registry.bad-key-file", read_or_make_key, path)


def test_a_model_of_an_earlier_form_is_refused(model):
    old = replace(model, fit=replace(model.fit))
    del old.fit.__dict__["table_error"]
    content = pickle.dumps(old)
    error = refused("registry.unreadable", artefacts.read_model, content, source="old")
    assert error.values["problem"] == "EffectTable.table_error"


def test_models_are_listed_newest_first_and_broken_ones_beside(model, tmp_path):
    ids = [save_model(tmp_path, model, samples.facts(), by="li").model_id for _ in range(3)]
    for model_id, day in zip(ids, (3, 1, 2), strict=True):
        edit_card(tmp_path / model_id, checksum=True, created_at=f"2026-01-0{day}T00:00:00Z")
    (tmp_path / "stray.txt").write_text("no model")
    (tmp_path / "empty").mkdir()
    (tmp_path / ids[1] / "card.json").write_text("{")
    listed = list_models(tmp_path)
    assert [card.model_id for card in listed.cards] == [ids[0], ids[2]]
    assert {item.model_id: item.problem.code for item in listed.broken} == {
        "empty": "registry.no-card",
        ids[1]: "registry.card-broken",
    }
    assert list_models(tmp_path / "nowhere").cards == ()


def test_what_a_killed_save_left_is_ignored_and_removed(saved, model):
    root, model_id = saved
    (root / ".saving-dead").mkdir()
    (root / ".saving-dead" / "model.joblib").write_bytes(b"half")
    (root / ".saving-file").write_bytes(b"half")
    assert [card.model_id for card in list_models(root).cards] == [model_id]
    save_model(root, model, samples.facts(), by="li")
    assert not list(root.glob(".saving-*"))


def test_a_folder_that_cannot_be_written_is_a_known_problem(model, tmp_path):
    (tmp_path / "file").write_text("")
    refused("registry.io", save_model, tmp_path / "file", model, samples.facts(), by="li")
    refused("registry.io", save_model_folder, tmp_path / "file" / "a", model, samples.facts())
    refused("registry.blank", save_model, tmp_path, model, samples.facts(), by=" ")


def test_a_model_folder_is_replaced_and_its_other_files_stay(model, tmp_path):
    folder = tmp_path / "out"
    first = save_model_folder(folder, model, samples.facts())
    assert load_model_folder(folder)[1] == first
    (folder / "notes.txt").write_text("mine")
    other = samples.varied(model, 1)
    second = save_model_folder(folder, other, samples.facts())
    loaded, card = load_model_folder(folder)
    assert card == second
    assert same(loaded, other)
    files = {"arrays.npz", "model.joblib", "card.json", "notes.txt"}
    assert {f.name for f in folder.iterdir()} == files


def test_metrics_become_plain():
    @dataclass
    class Score:
        rmse: float
        groups: tuple[str, ...]
        share: np.ndarray

    found = to_plain({"known": Score(float("nan"), ("a",), np.array([1.0, np.inf]))})
    assert found == {"known": {"rmse": None, "groups": ["a"], "share": [1.0, None]}}
    assert to_plain(dt.date(2026, 1, 2)) == "2026-01-02"


def test_every_code_has_its_texts_and_no_text_is_left_over():
    source = "\n".join(p.read_text(encoding="utf-8") for p in (SOURCES / "registry").glob("*.py"))
    codes = set(re.findall(r'Error\(\s*"(registry\.[a-z-]+)"', source))
    own = {key: text for key, text in all_texts().items() if key.startswith("registry.")}
    said = ("registry.limit.", "registry.baseline.", "registry.verdict.")
    assert codes == {key for key in own if not key.startswith(said)}
    for key, text in own.items():
        assert placeholders(text["zh-CN"]) == placeholders(text["en"]), key
        assert all(text[lang] and not text[lang].endswith((".", "。")) for lang in LANGUAGES)
        assert key not in codes or set(text["hint"]) == set(LANGUAGES), key


def test_every_warning_of_a_fit_has_a_limit_in_words():
    checks = (SOURCES / "model" / "history_checks.py").read_text(encoding="utf-8")
    for code in re.findall(r'found\.append\("([a-z-]+)"\)', checks):
        assert f"registry.limit.{code}" in all_texts(), code


def test_the_rule_that_the_core_reads_no_file_names_all_of_it_but_the_registry():
    project = Path(__file__).parents[2] / "pyproject.toml"
    contracts = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["importlinter"]
    core = next(c for c in contracts["contracts"] if c["name"].startswith("The core reads"))
    prefix = "recommender.improvement."
    named = {m.removeprefix(prefix) for m in core["source_modules"] if m.startswith(prefix)}
    there = {p.stem for p in SOURCES.iterdir() if p.stem.isidentifier() and p.stem[0] != "_"}
    assert named == there - {"registry"}
