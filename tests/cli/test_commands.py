"""Every command: its help, its JSON, its two languages, its exit codes."""

import json
import os
import re
import shlex
import sqlite3
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import typer
from command_line import CHINESE
from improvement import registry_models
from improvement.histories import draw
from organisations import AS_OF, TINY
from ready_program import ready_program
from simulated_tables import to_frames

import recommender.cli
from recommender.cli.app import app
from recommender.cli.organisation import watch as watching
from recommender.documents import figures
from recommender.documents.watch.document import Estimate, Finding
from recommender.improvement.registry import card as cards
from recommender.improvement.registry import save_model
from recommender.service.watch.watching import watch_model

ROOT = typer.main.get_command(app)
PERSON = "00001"  # a librarian
ASSISTANT = "00002"


def commands(command=ROOT, path=()):
    """Yield every command with its words."""
    if hasattr(command, "commands"):
        for name, part in command.commands.items():
            yield from commands(part, (*path, name))
    else:
        yield path, command


COMMANDS = dict(commands())


# -- help --


def test_help_with_examples(call, subtests):
    for words in COMMANDS:
        with subtests.test(words=words):
            found = call(*words, "--help", COLUMNS="200")
            assert found.code == 0
            assert "Examples:" in found.out
            assert f"$ recommender {' '.join(words)}" in found.out
            for option in ("--database", "--catalog", "--as-of", "--lang", "--json"):
                assert option in found.out


def test_examples_in_the_help_can_be_typed(subtests):
    for words in COMMANDS:
        with subtests.test(words=words):
            examples = [
                line.split("$ recommender ", 1)[1]
                for line in (COMMANDS[words].epilog or "").splitlines()
                if "$ recommender " in line
            ]
            assert examples
            for example in examples:
                given = shlex.split(example)
                assert tuple(given[: len(words)]) == words
                # parses, and does not run
                COMMANDS[words].make_context("x", given[len(words) :])


def test_nothing_is_asked_back(subtests):
    for words in COMMANDS:
        with subtests.test(words=words):
            for option in COMMANDS[words].params:
                assert not getattr(option, "prompt", None)
                assert not getattr(option, "confirmation_prompt", None)


def test_help_of_all(call):
    found = call("--help")
    assert found.code == 0
    for words in COMMANDS:
        assert words[0] in found.out


# -- JSON --

QUESTIONS = [
    ["gaps", PERSON],
    ["recommend", PERSON],
    ["recommend", PERSON, "--top", "2", "--objective", "per_hour", "--modality", "online"],
    ["plan", PERSON],
    ["plan", PERSON, "--hours", "9", "--budget", "400"],
    ["plan", PERSON, "--no-hours-limit", "--budget", "inf"],
    ["plan", ASSISTANT, "--path", "first-desk-year"],
    ["plan-all"],
    ["plan-all", "--path", "first-desk-year"],
    ["gaps", PERSON, "--target-grade", "assistant"],
    ["recommend", ASSISTANT, "--target-grade", "librarian"],
    ["plan", ASSISTANT, "--target-grade", "librarian", "--shortest"],
    ["plan-all", "--target-grade", "librarian"],
    ["explain", PERSON, "reference-desk"],
    ["explain", PERSON, "cataloguing"],
    ["effectiveness"],
    ["effectiveness", "desk-basics", "--figure", "loans", "--hourly-cost", "120"],
    ["catalog", "check"],
    ["catalog", "show"],
    ["db", "upgrade"],
]


def without_ids(value):
    if isinstance(value, dict):
        return {k: without_ids(v) for k, v in value.items() if k not in ("plan_id", "schema")}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


def test_json_is_all_there_is_and_stable(call, subtests):
    for words in QUESTIONS:
        with subtests.test(words=words):
            first, second = call(*words, "--json"), call(*words, "--json")
            assert (first.code, first.err) == (0, "")
            assert json.dumps(without_ids(first.json)) == json.dumps(without_ids(second.json))
            json.loads(first.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
            english = call(*words, "--json", "--lang", "en")
            assert structure(english.json) == structure(first.json)


def structure(value):
    if isinstance(value, dict):
        return {key: structure(item) for key, item in value.items()}
    return [structure(item) for item in value] if isinstance(value, list) else None


def test_tables_in_both_languages(call, subtests):
    for words in QUESTIONS:
        with subtests.test(words=words):
            chinese, english = call(*words), call(*words, "--lang", "en")
            for found in (chinese, english):
                assert (found.code, found.err) == (0, "")
                assert "\x1b" not in found.out
                assert found.out.strip()
            assert CHINESE.search(chinese.out) or words[0] == "db"
            # the name of a person is the same in both
            said = re.sub(r"Line manager \S+", "Line manager", english.out)
            assert not CHINESE.search(said)


def test_gaps_in_json_are_those_of_the_table(call):
    found = call("gaps", PERSON, "--json").json
    table = call("gaps", PERSON, "--lang", "en").out
    for item in found["competencies"]:
        if item["gap"] is not None:
            assert figures.gap(item["gap"]) in table


def test_gaps_are_told_by_their_standing_and_counted(call):
    found = call("gaps", PERSON, "--json").json["competencies"]
    table = call("gaps", PERSON, "--lang", "zh-CN").out
    words = {"met": "达标", "near": "接近达标", "gap": "有差距", None: "待评估"}
    for item in found:
        assert words[item["standing"]] in table
    counts = [sum(item["standing"] == name for item in found) for name in words]
    said = re.search(
        r"共 (\d+) 项能力：有差距 (\d+) 项，接近达标 (\d+) 项，达标 (\d+) 项，待评估 (\d+) 项",
        table,
    )
    met, near, gap, unknown = counts
    assert [int(each) for each in said.groups()] == [len(found), gap, near, met, unknown]


def test_the_figure_a_ranking_goes_by_is_in_the_table(call):
    for objective, heading, unit in (
        ("per_hour", "closed per hour", 1),
        ("per_cost", "closed per 1,000 CNY", 1000),
    ):
        words = ("recommend", ASSISTANT, "--objective", objective)
        found = call(*words, "--json").json["recommendations"]
        table = call(*words, "--lang", "en").out
        assert found
        # a heading may be broken over the lines of its cell
        said = re.sub(r"[\s│┃]+", " ", table)
        assert all(word in said for word in heading.split())
        for item in found:
            shown = "free" if item["value"] is None else f"{item['value'] * unit:.3f}"
            assert shown in table
    assert "closed per" not in re.sub(r"[\s│┃]+", " ", call("recommend", ASSISTANT).out)


def test_what_is_said_of_courses_adds_up_to_the_catalogue(call):
    n_modules = len(call("catalog", "show", "--json").json["modules"])
    for words in (("recommend", PERSON, "--top", "1"), ("plan", PERSON)):
        (line,) = [line for line in call(*words).out.splitlines() if "目录共" in line]
        total, *parts = map(int, re.findall(r"\d+", line))
        assert total == sum(parts) == n_modules


# -- exit codes --

PROBLEMS = [
    (["gaps", "nobody"], "person.unknown"),
    (["recommend", "nobody"], "person.unknown"),
    (["plan", "nobody"], "person.unknown"),
    (["explain", "nobody", "cataloguing"], "person.unknown"),
    (["explain", PERSON, "resilience"], "competency.unknown"),
    (["plan", PERSON, "--must", "none"], "module.unknown"),
    (["plan", PERSON, "--without", "none"], "module.unknown"),
    (["plan", PERSON, "--must", "card-catalogue"], "plan.must-excluded"),
    (
        ["plan", PERSON, "--must", "classes-online", "--without", "classes-online"],
        "plan.must-and-without",
    ),
    (["plan", PERSON, "--path", "none"], "path.unknown"),
    (["plan", PERSON, "--path", "first-desk-year"], "plan.path-for-other-grade"),
    (["plan-all", "--path", "none"], "path.unknown"),
    (["gaps", PERSON, "--target-grade", "none"], "target-grade.unknown"),
    (["recommend", PERSON, "--target-grade", "none"], "target-grade.unknown"),
    (["plan", PERSON, "--target-grade", "none"], "target-grade.unknown"),
    (["plan-all", "--target-grade", "none"], "target-grade.unknown"),
    (["plan-all", "--org-unit", "无此部门"], "org-unit.unknown"),
    (["import", "courses", "x.csv"], "import.kind"),
    (["template", "courses"], "import.kind"),
    (["import", "people", "none.xlsx"], "file.not_found"),
    (["gaps", PERSON, "--as-of", "yesterday"], "cli.setting"),
    (["gaps", PERSON, "--as-of", "0001-01-01"], "cli.setting"),
    (["gaps", PERSON, "--as-of", "9999-12-31"], "cli.setting"),
    (["gaps", PERSON, "--lang", "fr"], "cli.setting"),
    (["gaps", PERSON, "--as-of", "2000-01-01"], "profile.not-in-force"),
    (["gaps", PERSON, "--catalog", "none"], "catalog.faults"),
    (["catalog", "check", "--catalog", "library.db"], "catalog.faults"),
    (["gaps", PERSON, "--database", "nonsense"], "store.bad-url"),
    (["catalog", "show", "--database", "nonsense"], "store.bad-url"),
    (["catalog", "show", "--database", "postgresql://u:pw@h:port/db"], "store.bad-url"),
    (["gaps", PERSON, "--database", "sqlite:///none/hr.db"], "store.cannot-open"),
    (["db", "backup", "library.db"], "store.backup-exists"),
    (["db", "backup", "none/b.db"], "store.cannot-open"),
    (["db", "backup", "b.db", "--database", "sqlite:///none.db"], "store.cannot-open"),
    (["demo", "--folder", "."], "demo.folder-in-use"),
]


def test_known_problems(call, subtests):
    for words, code in PROBLEMS:
        with subtests.test(words=words, code=code):
            before = call.counts()
            for lang in ("zh-CN", "en"):
                chosen = [] if "--lang" in words else ["--lang", lang]
                found = call(*words, *chosen)
                assert found.code == 1
                assert found.out == ""
                assert "Traceback" not in found.err
                first = found.err.splitlines()[0]
                assert " — " in first or code == "catalog.faults"
                assert bool(CHINESE.search(first.replace("无此部门", ""))) == (
                    lang == "zh-CN" or not chosen
                )
                told = call(*words, *chosen, "--json")
                assert (told.code, told.json["error"]["code"]) == (1, code)
                assert told.json["error"]["message"] in first
            assert call.counts() == before


MISUSES = [
    ["gaps"],
    ["nothing"],
    ["gaps", PERSON, "--colour"],
    ["plan", PERSON, "--hours", "-1"],
    ["plan", PERSON, "--hours", "many"],
    ["plan", PERSON, "--hours", "nan"],
    ["recommend", PERSON, "--top", "0"],
    ["recommend", PERSON, "--objective", "fun"],
    ["recommend", PERSON, "--modality", "film"],
    ["catalog"],
    ["serve", "--port", "99999"],
]


def test_misuse(call, subtests):
    for words in MISUSES:
        with subtests.test(words=words):
            found = call(*words)
            assert found.code == 2
            assert "Traceback" not in found.err


def test_words_that_look_like_markup_stay_as_they_are(call):
    found = call("gaps", "[bold]:smile:{x}", "--lang", "en")
    assert "[bold]:smile:{x}" in found.err
    with sqlite3.connect(call.file) as database:
        database.execute(
            "INSERT INTO person (person_id, name, org_unit_id, grade, synthetic) "
            "VALUES ('[red]:dog:', 'x', 1, 'assistant', 0)"
        )
    database.close()
    found = call("gaps", "[red]:dog:")
    assert found.code == 0
    assert "[red]:dog:" in found.out


# -- environment --


def test_environment_and_options(call):
    assert call("gaps", PERSON, "--json").json["as_of"] == AS_OF.isoformat()
    later = call("gaps", PERSON, "--json", RECOMMENDER_AS_OF="2026-11-05").json
    assert later["as_of"] == "2026-11-05"
    both = call("gaps", PERSON, "--json", "--as-of", "2026-11-07", RECOMMENDER_AS_OF="2026-11-05")
    assert both.json["as_of"] == "2026-11-07"
    assert not CHINESE.search(call("gaps", PERSON, RECOMMENDER_LANG="en").out)
    assert call("gaps", PERSON, RECOMMENDER_LANG="fr").code == 1
    assert call("gaps", PERSON, RECOMMENDER_CATALOG="none").code == 1
    assert call("gaps", PERSON, RECOMMENDER_DATABASE="sqlite:///new.db").code == 1
    # an empty variable, as compose files make them, is none
    today = call("gaps", PERSON, "--json", "--database", call.url, RECOMMENDER_AS_OF="")
    assert today.code == 0


def test_the_default_catalogue_ships(call):
    found = call("catalog", "check", "--json", RECOMMENDER_CATALOG="").json
    assert found["faults"] == []
    assert found["digest"] != call("catalog", "check", "--json", "--catalog", TINY).json["digest"]


# -- what is not covered by a question --


def test_answers_are_kept(call):
    call("recommend", PERSON, "--top", "2")
    call("plan", PERSON)
    counts = call.counts()
    assert counts["shown"] == 1
    assert counts["plan"] == 1


def test_plans_within_a_learning_path(call):
    shown = call("catalog", "show", "--lang", "en").out
    assert "first-desk-year" in shown
    assert "Asking" in shown
    found = call("plan", ASSISTANT, "--path", "first-desk-year", "--lang", "en").out
    assert "Learning path: The first year at the desk (for Assistant)" in found
    assert "Asking" in found
    whole = call("plan-all", "--json").json
    framed = call("plan-all", "--path", "first-desk-year", "--json").json
    assert 0 < len(framed) < len(whole)
    assert {plan["path_id"] for plan in whole} == {None}
    assert {plan["path_id"] for plan in framed} == {"first-desk-year"}
    assert {item["stage"] for plan in framed for item in plan["items"]} == {"会查", "会问"}


def test_how_far_it_is_to_another_grade(call):
    aimed = (ASSISTANT, "--target-grade", "librarian")
    gaps = call("gaps", *aimed, "--json").json
    assert (gaps["grade"], gaps["target_grade"]) == ("assistant", "librarian")
    shown = call("gaps", *aimed).out
    for wanted in ("距副研究馆员的差距（现为馆员", "达标可能性", gaps["headline"]):
        assert wanted in shown
    assert "低于目标" not in shown
    plan = call("plan", *aimed, "--shortest", "--json").json
    assert (plan["target_grade"], plan["objective"]) == ("librarian", "shortest")
    shown = call("plan", *aimed, "--shortest").out
    for wanted in ("目标职级：副研究馆员", gaps["headline"], plan["outlook"]):
        assert wanted in shown


def test_a_plan_on_a_path_says_of_each_module_left_out_why(call):
    path = ("--path", "first-desk-year", "--hours", "4")
    plan = call("plan", ASSISTANT, *path, "--json").json
    on_path = {"classes-online", "desk-basics", "desk-interview"}
    left_out = [item for item in plan["left_out"] if item["module_id"] in on_path]
    assert left_out
    shown = call("plan", ASSISTANT, *path).out
    assert all(item["explanation"] in shown for item in left_out)


def test_plan_as_pdf(call, tmp_path):
    target = tmp_path / "new folder" / "计划.pdf"
    found = call("plan", PERSON, "--pdf", target, "--lang", "en")
    assert found.code == 0
    assert str(target) in found.out
    assert target.read_bytes().startswith(b"%PDF")
    refused = call("plan", PERSON, "--pdf", tmp_path)
    assert refused.code == 1
    assert [p.name for p in target.parent.iterdir()] == ["计划.pdf"]


def test_backup(call, tmp_path):
    found = call("db", "backup", tmp_path / "copy.db", "--json").json
    assert found["bytes"] == (tmp_path / "copy.db").stat().st_size
    assert type(call)(tmp_path / "copy.db").counts() == call.counts()


def test_upgrade_says_from_where_to_where(call):
    found = call("db", "upgrade", "--json", "--database", "sqlite:///fresh.db").json
    assert found["before"] is None
    again = call("db", "upgrade", "--json", "--database", "sqlite:///fresh.db").json
    assert again["before"] == again["after"] == found["after"]


def test_looking_at_the_catalogue_makes_no_database(call, tmp_path):
    for words in (["catalog", "show"], ["catalog", "check"]):
        assert call(*words, "--database", "sqlite:///none.db").code == 0
    assert not (tmp_path / "none.db").exists()


def test_serve_hands_its_settings_on(call, monkeypatch):
    import os

    import uvicorn

    seen = {}
    for name in ("DATABASE", "CATALOG", "MODELS", "LANG"):
        monkeypatch.setenv(f"RECOMMENDER_{name}", "")
    monkeypatch.setattr(
        uvicorn,
        "run",
        lambda *a, **how: seen.update(how, database=os.environ["RECOMMENDER_DATABASE"]),
    )
    assert call("serve", "--port", "8123").code == 0
    assert (seen["port"], seen["host"], seen["database"]) == (8123, "127.0.0.1", call.url)


def run_printed(out, folder):
    """Run what the demo says to try next as it is printed, and a training, in a fresh shell.

    All but the server, which would not end.
    """
    tool = folder / ".venv" / "bin" / "recommender"
    tool.parent.mkdir(parents=True)
    tries, console = out.split("Try next:\n")[1].split("\n\n")
    printed = [line.strip() for line in tries.splitlines()]
    assert sum(line.startswith(".venv/bin/recommender ") for line in printed) >= 4
    said, serve, link = (line.strip() for line in console.splitlines())
    assert serve == ".venv/bin/recommender serve"
    assert "/enter/" in link
    assert ".venv/bin/recommender accounts enter-link demo" in said
    chosen = {"RECOMMENDER_CATALOG": str(TINY), "RECOMMENDER_AS_OF": AS_OF.isoformat()}
    environment = {n: value for n, value in os.environ.items() if n != "RECOMMENDER_MODEL_KEY"}
    environment |= chosen | {"PYTHONPATH": str(Path(recommender.cli.__file__).parents[2])}
    with TemporaryDirectory() as place, ready_program(Path(place), environment) as ready:
        tool.symlink_to(ready / "recommender")
        done = subprocess.run(
            ["sh", "-e", "-c", "\n".join([*printed, ".venv/bin/recommender train"])],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_key_no_model_is_trained_or_put_in_force(call):
    root, model = Path("models"), registry_models.train()
    saved = save_model(root, model, registry_models.facts(), by="li", key=registry_models.KEY)
    before = sorted(root.iterdir())
    for words in (["train"], ["models", "promote", saved.model_id, "--override", "a pilot"]):
        found = call(*words, "--json", RECOMMENDER_MODEL_KEY="")
        assert found.code == 1
        assert found.json["error"]["code"] == "model.no-signing-key"
        assert "openssl rand -hex 32" in found.json["error"]["hint"]
    assert sorted(root.iterdir()) == before
    assert call("models", "promote", saved.model_id).code == 0


def test_an_estimator_is_chosen_by_name(call, tmp_path):
    made = draw(1, n_people=80, n_competencies=4, n_modules=8, n_trained=150, n_untrained=250)
    for table, name in zip(to_frames(made), ("records.csv", "modules.csv"), strict=True):
        table.to_csv(tmp_path / name, index=False)
    files = ["--history", "records.csv", "--modules", "modules.csv"]
    found = call("train", *files, "--out", "model", "--estimator", "our_models:tree", "--json").json
    assert found["estimator"] == "our_models:tree"
    assert found["effect_coverage"] is None
    names = ["our_models:experts", "raw-mean"]
    chosen = [word for name in names for word in ("--estimator", name)]
    judged = call("evaluate", *files, *chosen, "--json").json
    assert judged["estimator"] == names[0]
    assert list(judged["known"])[:2] == names
    assert set(judged["paired"]["raw-mean"]) == {"known", "known_error", "cold", "cold_error"}
    refused = call("train", *files, "--out", "model", "--estimator", "rigde")
    assert refused.code == 1
    assert "effect-model, linear, ridge" in refused.err


def test_a_model_of_an_earlier_release_is_named_with_the_command_to_train(call):
    root, facts = Path("models"), registry_models.facts()
    key = registry_models.KEY
    model_id = save_model(root, registry_models.train(), facts, by="li", key=key).model_id
    assert call("models", "promote", model_id).code == 0
    path = root / model_id / "card.json"
    plain = json.loads(path.read_text(encoding="utf-8")) | {"estimator": ""}
    plain["card_sha256"] = cards._checksum({k: v for k, v in plain.items() if k != "card_sha256"})
    path.write_text(json.dumps(plain), encoding="utf-8")
    path.with_name("card.sig").write_bytes(cards.sign(path.read_bytes(), key))
    found = call("recommend", PERSON, "--json")
    assert (found.code, found.json["model_id"]) == (0, None)
    assert model_id in found.err
    assert "recommender train" in found.err
    assert call("gaps", PERSON).err == ""


def test_a_model_without_control_rows_is_said_to_know_the_order_only(call, subtests):
    """By the refusal to promote it, by its card, and by every answer while it is in force."""
    model = registry_models.train()
    model = replace(model, fit=replace(model.fit, size_known=False))
    root, facts = Path("models"), registry_models.facts()
    saved = save_model(root, model, facts, by="li", key=registry_models.KEY).model_id
    refused = call("models", "promote", saved, "--json")
    assert refused.code == 1
    assert refused.json["error"]["code"] == "registry.size-unknown"
    assert "--order-only" in refused.json["error"]["hint"]
    assert call("models", "show", saved, "--json").json["size_known"] is False
    assert "knows the order of courses only" in call("models", "show", saved, "--lang", "en").out
    assert call("models", "promote", saved, "--order-only").code == 0
    for words in (["recommend", PERSON], ["plan", PERSON], ["plan-all"]):
        with subtests.test(words=words):
            assert "提升幅度均为专家估计" in call(*words, "--lang", "zh-CN").out
            assert "every improvement is an expert estimate" in call(*words, "--lang", "en").out
    assert call("recommend", PERSON, "--json").json["size_known"] is False
    assert call("plan", PERSON, "--json").json["size_known"] is False
    assert "weighted" not in call("recommend", PERSON, "--lang", "en").out
    assert call("models", "rollback").code == 0
    assert call("recommend", PERSON, "--json").json["size_known"] is True


def test_the_watch_ends_with_1_where_there_is_an_alarm(call, monkeypatch):
    found = call("models", "watch", "--json", "--out", "report.pdf")
    assert (found.code, found.json["findings"]) == (0, [])
    assert found.json["people"] == 10
    assert Path("report.pdf").read_bytes().startswith(b"%PDF")
    assert "没有报警" in call("models", "watch").out

    def raise_alarm(session, as_of):
        finding = Finding(
            *("hours", True, "grade", "librarian", Estimate(-9.5, -12.0, -7.0), 20.0, 2.0, AS_OF)
        )
        return replace(watch_model(session, as_of), findings=(finding,))

    monkeypatch.setattr(watching, "watch_model", raise_alarm)
    alarmed = call("models", "watch", "--lang", "en")
    assert alarmed.code == 1
    assert "lies 9.5 below comparable others (95 % range 7.0 to 12.0)" in alarmed.out


def test_a_key_that_is_none_is_not_shown(call):
    found = call("gaps", PERSON, RECOMMENDER_PSEUDONYM_KEY="not-so-secret")
    assert found.code == 1
    assert "openssl rand -hex 32" in found.err
    assert "not-so-secret" not in found.out + found.err


def test_what_commands_write_only_its_owner_reads(call, tmp_path):
    before = os.umask(0o022)
    try:
        for words in (
            ["export", "history", "history.csv"],
            ["db", "backup", "backup.db"],
            ["template", "people", "people.xlsx"],
            ["privacy", "export", PERSON, "held.json"],
            ["plan", PERSON, "--hours", "40", "--html", "plans/plan.html"],
            ["gaps", PERSON, "--database", "sqlite:///new.db"],
        ):
            os.umask(0o022)
            call(*words)
    finally:
        os.umask(before)
    names = ["history.csv", "backup.db", "backup.db.sha256", "people.xlsx", "held.json", "new.db"]
    for path in (*(tmp_path / name for name in names), *(tmp_path / "plans").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "plans").stat().st_mode) == 0o700


@pytest.mark.slow
def test_demo(call, tmp_path):
    folder = tmp_path / "shown"
    for _ in range(2):
        found = call("demo", "--people", "5", "--folder", folder, "--lang", "en")
        assert (found.code, found.err) == (0, "")
    (pdf,) = folder.glob("out/*.pdf")
    assert pdf.read_bytes().startswith(b"%PDF")
    for path in folder.glob("out/*.json"):
        json.loads(path.read_text(encoding="utf-8"))
    assert len(list(folder.glob("in/*.xlsx"))) >= 5
    run_printed(found.out, tmp_path)
    url = f"sqlite:///{next(folder.glob('*.db'))}"
    assert "/enter/" in call("accounts", "enter-link", "demo", "--database", url).out
    (folder / "mine.txt").write_text("x", encoding="utf-8")
    assert call("demo", "--people", "5", "--folder", folder).code == 1
    assert (folder / "mine.txt").exists()
    assert call("demo", "--people", "5", "--folder", folder / "mine.txt").code == 1
