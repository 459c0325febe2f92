"""Development plans: found, made, read, changed, approved, printed."""

from __future__ import annotations

from fastapi import APIRouter

from api.pages.plans import activities, build, change, items, life, listing, show

AREAS: tuple[APIRouter, ...] = tuple(
    part.PAGES for part in (listing, build, show, items, activities, change, life)
)
