"""The page that shows the API to people, and the files that it needs, all from this server."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.pages.assets import STATIC, Assets, asset
from recommender.texts import LANGUAGES, say

# Scripts, styles and requests of this server only. No form is ever sent: a script reads it.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_TEMPLATES = Path(__file__).parent.parent / "templates"
_SAID = (
    "docs_page.title",
    "docs_page.authorise",
    "docs_page.kept",
    "docs_page.real",
    "docs_page.key",
    "docs_page.show",
    "docs_page.refused",
    "docs_page.unreadable",
    "docs_page.script",
)


def add_docs(app: FastAPI, *, description: str = "openapi.json") -> None:
    """Serve ``/docs`` and the files under ``/static``.

    Parameters
    ----------
    app : FastAPI
        The application.
    description : str
        Address of its OpenAPI description, relative to the page. If it needs a key, the page asks
        for one.
    """
    app.mount("/static", Assets(directory=STATIC), name="static")
    page = render_docs_page(description)

    async def show_docs() -> HTMLResponse:
        """Show the API to people."""
        headers = {
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            # it names the versions of its files: an old copy would go with new files
            "Cache-Control": "no-cache",
        }
        return HTMLResponse(page, headers=headers)

    app.add_api_route("/docs", show_docs, include_in_schema=False)


def render_docs_page(description: str) -> str:
    """Return the page, the same for everybody; `description` is the address it reads."""
    # both languages stand on the page, so that one text serves everybody
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    texts = {key.split(".")[1]: {lang: say(key, lang) for lang in LANGUAGES} for key in _SAID}
    template = environment.get_template("docs.html.j2")
    return template.render(texts=texts, asset=asset, description=description)
