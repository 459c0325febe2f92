"""Development plans: found, made, read, changed, approved, printed."""

from __future__ import annotations

from fastapi import APIRouter

from api.pages.plans import activities, build, change, items, life, listing, show

PAGES = APIRouter()
for _part in (listing, build, show, items, activities, change, life):
    PAGES.include_router(_part.PAGES)
