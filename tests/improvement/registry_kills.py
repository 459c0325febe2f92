"""Kills writers of a registry at random moments and looks at what they leave.

Run as a program of its own, which forks: ``registry_kills.py SEED_FOLDER ROOT N_KILLS SEED``.
Prints one JSON line: how often each thing was found, and the digest of the model it dumps.
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
from recommender.improvement.registry.artefact import dump_model


def write(model: TrainedModel, root: Path, chance: random.Random) -> None:
    """Save, promote and roll back without end."""
    while True:
        step = chance.choice(["save", "promote", "promote", "rollback", "folder"])
        active = active_model(root)
        if step == "save":
            changed = samples.varied(model, chance.randrange(1000))
            save_model(root, changed, samples.facts(parent=active), by="killer")
        elif step == "folder":
            changed = samples.varied(model, chance.randrange(1000))
            save_model_folder(root / "alone", changed, samples.facts())
        elif step == "rollback" and active:
            rollback_model(root, by="killer", reason="test")
        else:
            ids = [card.model_id for card in list_models(root).cards if card.model_id != active]
            if ids:
                promote_model(root, chance.choice(ids), verdict=samples.good(active), by="killer")


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


def main(seed_folder: str, root_name: str, n_kills: int, seed: int) -> None:
    """Fork, kill, look."""
    model, _ = load_model_folder(Path(seed_folder))
    root = Path(root_name)
    chance = random.Random(seed)
    total: Counter[str] = Counter()
    took: list[float] = []
    for number in range(3):
        began = time.monotonic()
        save_model(root, samples.varied(model, number), samples.facts(), by="killer")
        took.append(time.monotonic() - began)
    longest = 3 * min(took)  # a few steps, however fast this machine is
    for _ in range(n_kills):
        before = {card.model_id for card in list_models(root).cards}, len(read_switches(root))
        seed_of_child = chance.randrange(2**30)
        child = os.fork()
        if child == 0:
            write(model, root, random.Random(seed_of_child))
        time.sleep(chance.random() * longest)
        gone, _ = os.waitpid(child, os.WNOHANG)
        total["died alone"] += gone == child
        if gone != child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        total += look(root, before)
    total["models"] = len(list_models(root).cards)
    total["switches"] = len(read_switches(root))
    digest = hashlib.sha256(dump_model(model)).hexdigest()
    sys.stdout.write(json.dumps(total | {"digest": digest}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
