"""The use cases: the one place where core, store and registry meet.

The command line, the API and the notebooks call what stands here and nothing below it.
`Service` answers questions about people as such; the modules beside it (``people``, ``plans``,
``jobs`` …) are the use cases that are asked on somebody's behalf, each with a `Session` that
says whose, what is allowed, and whose rows may be seen.
"""

from recommender.service.framework import Framework
from recommender.service.installation import Service, load_effective_catalog, open_service
from recommender.service.levels.explanation import Explanation
from recommender.service.models import Models
from recommender.service.plans.making import PlanRequest

__all__ = [
    "Explanation",
    "Framework",
    "Models",
    "PlanRequest",
    "Service",
    "load_effective_catalog",
    "open_service",
]
