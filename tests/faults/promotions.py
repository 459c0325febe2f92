"""Two servers on one folder of models and one database promote at the same moment."""

from __future__ import annotations

import threading
from typing import Any

from serving import EMPLOYEE

from recommender.improvement.registry import active_model
from recommender.service.permissions import Role

from .asks import Ask, Client, GoneError, Record
from .servers import Nursery
from .site import Site
from .work import switch

QUESTION = f"/v1/people/{EMPLOYEE}/recommendations?top=1"


def promote_at_once(nursery: Nursery, site: Site, *, rounds: int) -> dict[str, Any]:
    """Promote one model here and the other there, at once, and look which is in force.

    Parameters
    ----------
    nursery : Nursery
        Starts the servers.
    site : Site
        What they serve.
    rounds : int
        How often.

    Returns
    -------
    dict
        Figures; ``violations`` is what must not be.
    """
    record, evidence = Record(), site.evidence()
    violations, gone = list[str](), list[str]()
    models = site.folder / "models"
    with (
        nursery.running(site.url, site.folder) as here,
        nursery.running(site.url, site.folder) as there,
    ):
        clients = [Client(server.port, site.keys, record) for server in (here, there)]
        gate = threading.Barrier(len(clients))
        won: list[str | None] = []
        for _ in range(rounds):
            asks: list[Ask] = []

            def promote(client: Client, model: str, asks: list[Ask] = asks) -> None:
                gate.wait(300)
                try:
                    asks.append(switch(client, model))
                except GoneError as error:
                    gone.append(f"a server that nobody killed is gone: {error}")

            threads = [
                threading.Thread(target=promote, args=pair)
                for pair in zip(clients, site.ground.models, strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(300)
            won.append(active_model(models))
            violations += evidence.look() + evidence.weigh(record.asks)
            if won[-1] not in site.ground.models:
                violations.append(f"{won[-1]} is in force")
            if not any(ask.is_acknowledged for ask in asks):
                violations.append("nobody was told of a promotion")
            # each server answers by the model that is in force, whoever put it there
            for client in clients:
                status, found = client.get(Role.HR, QUESTION)
                if status != 200 or found["model_id"] != won[-1]:
                    violations.append(f"{won[-1]} is in force, answered: {status} {found}")
        for client in clients:
            client.close()
        violations += here.bugs()
    return {
        "rounds": rounds,
        "answers": dict(record.answers),
        "won_by_the_first": sum(name == site.ground.models[0] for name in won),
        "violations": sorted({*violations, *gone, *record.faults}),
    }
