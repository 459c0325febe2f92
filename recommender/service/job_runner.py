"""Runs long work in the background (placeholder until the jobs helper overwrites it)."""

from __future__ import annotations

from recommender.service.live import LiveService


class JobRunner:
    """Not there yet."""

    def __init__(self, live: LiveService) -> None:
        self.live = live

    def start(self) -> None:
        """Do nothing yet."""

    def stop(self) -> None:
        """Do nothing yet."""
