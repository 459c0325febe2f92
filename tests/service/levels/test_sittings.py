"""Sittings that lack a subject are named wherever the level is shown."""

import datetime as dt

import asking
import pytest
from organisations import AS_OF, TINY, service_on, someone

from recommender.exchange import write_xlsx
from recommender.service.levels.sittings import say_incomplete
