"""Pages for people: the console, a folder or file an area, named as in `recommender.service`."""

from __future__ import annotations

from fastapi import APIRouter

from api.pages import language

AREAS: tuple[APIRouter, ...] = (language.PAGES,)
