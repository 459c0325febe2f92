"""The HTTP service. Only its health is open: nothing else is served without a key."""

from __future__ import annotations

from fastapi import FastAPI

app = FastAPI(title="Training recommender", version="1")


@app.get("/health", tags=["operation"])
async def get_health() -> dict[str, str]:
    """Say that the process is up."""
    return {"status": "ok"}
