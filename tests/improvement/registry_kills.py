"""Kills writers of a registry at random moments and looks at what they leave.

Run as a program of its own, which forks: ``registry_kills.py SEED_FOLDER ROOT N_KILLS SEED``.
It goes on until each kind of work was killed N_KILLS times and done to its end as often, however
fast this machine is. Prints one JSON line: how often each thing was found, and the digest of the
model it dumps.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from improvement import registry_models as samples

from recommender.errors import ModelError
from recommender.improvement.registry import (
    TrainedModel,
    active_model,
    list_models,
    load_model,
    load_model_folder,
    promote_model,
    read_switches,
    rollback_model,
    save_model,
    save_model_folder,
)
from recommender.improvement.registry.arrays import dump_arrays

# a writer announces what it begins with by a letter
KINDS = {"s": "save", "f": "folder", "p": "promote", "r": "rollback"}
PATIENCE_SECONDS = 600  # for a machine that does nothing else this takes about ten


def write(model: TrainedModel, root: Path, chance: random.Random, begins: int) -> None:
    """Save, promote and roll back without end; announce each step before it begins."""
    while True:
        step = chance.choice("sfpprrr")
        active = active_model(root)
        others = [card.model_id for card in list_models(root).cards if card.model_id != active]
        if step == "r" and not active:
            step = "p"
        changed = samples.varied(model, chance.randrange(1000))
        chosen, verdict = chance.choice(others), samples.good(active)
        os.write(begins, step.encode())
        if step == "s":
            save_model(root, changed, samples.facts(parent=active), by="killer")
        elif step == "f":
            save_model_folder(root / "alone", changed, samples.facts())
        elif step == "r":
            rollback_model(root, by="killer", reason="test")
        else:
            promote_model(root, chosen, verdict=verdict, by="killer")


def look(root: Path, before: tuple[set[str], int]) -> Counter[str]:
    """Everything loads, nothing that was there is gone, the switches lead to what is in force."""
    known, n_switches = before
    found: Counter[str] = Counter()
    found["torn"] = any(root.glob(".saving-*"))
    listed = list_models(root)
    broken = [item for item in listed.broken if item.model_id != "alone"]
    switches = read_switches(root)
    active = active_model(root)
    found["broken"] = len(broken)
    found["lost"] = len(known - {card.model_id for card in listed.cards})
    found["lost"] += len(switches) < n_switches
    if active is not None:
        load_model(root, active)
    if (root / "alone" / "card.json").exists():
        try:
            load_model_folder(root / "alone")
        except ModelError as problem:
            found[problem.code] += 1
    in_force = [None, *(switch.model_id for switch in switches)]
    found["contradictory"] = in_force[-1] != active
    found["contradictory"] += [switch.previous for switch in switches] != in_force[:-1]
    return found


def kill_one(
    model: TrainedModel, root: Path, chance: random.Random, step_seconds: float
) -> tuple[str, bool]:
    """Kill a writer amid its work; return the letters of its steps, and whether it died before."""
    announced, begins = os.pipe()
    seed = chance.randrange(2**30)
    child = os.fork()
    if child == 0:
        write(model, root, random.Random(seed), begins)
    os.close(begins)
    with os.fdopen(announced, "rb", buffering=0) as pipe:
        steps = pipe.read(1)
        for _ in range(chance.randrange(4)):  # so many it may do to their end
            steps += pipe.read(1)
        time.sleep(chance.random() * step_seconds)
        gone, _ = os.waitpid(child, os.WNOHANG)
        if gone != child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        steps += pipe.readall()
    return steps.decode(), gone == child


def main(seed_folder: str, root_name: str, n_kills: int, seed: int) -> None:
    """Fork, kill, look."""
    model, _ = load_model_folder(Path(seed_folder))
    root = Path(root_name)
    chance = random.Random(seed)
    total: Counter[str] = Counter()
    killed, done = Counter[str](), Counter[str]()
    took: list[float] = []
    for number in range(3):
        began = time.monotonic()
        save_model(root, samples.varied(model, number), samples.facts(), by="killer")
        took.append(time.monotonic() - began)
    ends = time.monotonic() + PATIENCE_SECONDS
    while any(count[kind] < n_kills for count in (killed, done) for kind in KINDS):
        if time.monotonic() > ends:
            sys.exit(f"after {PATIENCE_SECONDS} s: killed {killed}, done {done}, {total}")
        before = {card.model_id for card in list_models(root).cards}, len(read_switches(root))
        steps, died = kill_one(model, root, chance, min(took))
        total["died alone"] += died
        killed.update(steps[-1:])
        done.update(steps[:-1])
        total += look(root, before)
    counts = {"killed": {KINDS[kind]: killed[kind] for kind in KINDS}}
    digest = hashlib.sha256(dump_arrays(model)).hexdigest()
    sys.stdout.write(json.dumps(total | counts | {"digest": digest}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
