"""How well modules work, on all levels that there are figures for, and what to do with them."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.effectiveness.roi import find_cost, find_cost_per_level
from recommender.effectiveness.verdict import Evidence, decide
from recommender.errors import NotFoundError
from recommender.service.effectiveness.behaviour import measure_behaviour
from recommender.service.effectiveness.business import FigureTable, lay_out_figures, measure_results
from recommender.service.effectiveness.gains import Gains, list_gains
from recommender.service.effectiveness.participants import measure_learning, measure_reaction
from recommender.service.effectiveness.results import ModuleEffectiveness
from recommender.service.effectiveness.sources import Sources, read_sources
from recommender.service.effectiveness.told import Teller
from recommender.service.estimates import Estimates
from recommender.service.permissions import Permission
from recommender.service.session import Session
from training_catalog import TrainingModule


def assess_effectiveness(
    session: Session, module_id: str, *, hourly_cost: float | None = None
) -> ModuleEffectiveness:
    """Tell what is known of the effect of a module, and what to do with it.

    `hourly_cost` is what an hour of a participant costs, in CNY; without it their time is left out
    of the costs.

    Raises
    ------
    NotFoundError
        If there is no such module.
    """
    session.need(Permission.READ_STATISTICS)
    # who may read figures need not be able to browse the catalogue
    module = session.service.framework.module_of.get(module_id)
    if module is None:
        raise NotFoundError("module.unknown", module_id=module_id)
    sources, estimates = read_sources(session), session.service.estimates
    gains, figures = _list_gains(session, sources, module_id), lay_out_figures(sources)
    return _assess(sources, estimates, gains, figures, module, hourly_cost)


def assess_all(
    session: Session, *, hourly_cost: float | None = None
) -> tuple[ModuleEffectiveness, ...]:
    """Tell what is known of every module in use, in the order of the catalogue, without parts."""
    sources, estimates = read_sources(session), session.service.estimates
    gains, figures = _list_gains(session, sources), lay_out_figures(sources)
    return tuple(
        _assess(sources, estimates, gains, figures, module, hourly_cost, divided=False)
        for module in sources.framework.catalog.modules
        if not module.retired
    )


def _list_gains(session: Session, sources: Sources, module_id: str | None = None) -> Gains:
    estimates, org_ids = session.service.estimates, ()
    if estimates.model_id is not None:
        model, _ = session.service.models.load(estimates.model_id)
        org_ids = model.org_ids
    return list_gains(sources, estimates, org_ids, module_id)


def _assess(
    sources: Sources,
    estimates: Estimates,
    gains: Gains,
    figures: Sequence[FigureTable],
    module: TrainingModule,
    hourly_cost: float | None,
    *,
    divided: bool = True,
) -> ModuleEffectiveness:
    tell = Teller(sources.exactly)
    reaction, score = measure_reaction(sources, module)
    behaviour = measure_behaviour(sources, estimates, gains, module, divided=divided)
    results = measure_results(sources, figures, module, hourly_cost=hourly_cost)
    main = behaviour[0]
    # the first figure of the catalogue that says: several may count the same money
    trusted = next((each for each in results if each.exact is not None), None)
    cost = find_cost(people=1, module_cost=module.cost, hours=module.hours, hourly_cost=hourly_cost)
    # what modules like it gain is no figure of this module
    own = main.told.gain if main.told.basis == "measured" else None
    price = None if own is None else find_cost_per_level(cost, own)
    verdict = decide(
        Evidence(
            gain=main.told.gain,
            people=main.told.evidence_count,
            spread=main.spread,
            roi=None if trusted is None or trusted.exact is None else trusted.exact.roi,
            treated=0 if trusted is None else trusted.treated,
            score=score,
            **({} if main.told.missing is None else {"unknown": main.told.missing}),
        )
    )
    return ModuleEffectiveness(
        module_id=module.id,
        reaction=reaction,
        learning=measure_learning(sources, module),
        behaviour=tuple(each.told for each in behaviour),
        results=tuple(each.told for each in results),
        cost_per_level=None if price is None else tell.cost_per_level(price),
        verdict=tell.verdict(verdict),
    )
