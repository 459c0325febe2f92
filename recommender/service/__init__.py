"""The use cases: the one place where core, store and registry meet.

The command line, the API and the notebooks call what stands here and nothing below it.
`Service` answers questions about people as such; the modules beside it (``people``, ``plans``,
``jobs`` …) are the use cases that are asked on somebody's behalf, each with a `Session` that
says whose, what is allowed, and whose rows may be seen.
"""

from recommender.service.core import Service, load_effective_catalog, open_service
from recommender.service.explanation import Explanation
from recommender.service.framework import Framework
from recommender.service.models import Models
from recommender.service.planning import PlanRequest

__all__ = [
    "Explanation",
    "Framework",
    "Models",
    "PlanRequest",
    "Service",
    "load_effective_catalog",
    "open_service",
]
