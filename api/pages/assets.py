"""Files that pages need (scripts, styles, fonts, pictures), all from this server."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import os
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers, QueryParams
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent.parent / "static"
# what has not been compressed by its makers
_COMPRESSED = {".css", ".js", ".svg"}


def asset(name: str) -> str:
    """Return the address of a file below ``/``; it changes with the file's content."""
    path = STATIC / name
    return f"static/{name}?v={_version(path, path.stat().st_mtime_ns)}"


@cache
def _version(path: Path, changed_at: int) -> str:
    # `changed_at` is only part of the cache's key: a changed file is hashed again
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@cache
def _compress(path: Path, version: str) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


def takes_gzip(headers: Headers) -> bool:
    """Say whether a browser has asked for what is compressed."""
    return "gzip" in headers.get("accept-encoding", "")


class Assets(StaticFiles):
    """Files that browsers may keep for good if the address names the version of their content."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Answer with a file, or with 304; say how long it may be kept."""
        path, asked = Path(full_path), Headers(scope=scope)
        version = _version(path, stat_result.st_mtime_ns)
        # During an update two versions of the server run. Neither may let a browser keep its file
        # under the other's address.
        same = QueryParams(scope["query_string"]).get("v") == version
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if same else "no-cache",
            # Starlette's own comes from date and size; all files of a reproducible wheel have one
            # date
            "ETag": f'"{version}"',
        }
        if path.suffix in _COMPRESSED:
            headers["Vary"] = "Accept-Encoding"
        if path.suffix in _COMPRESSED and takes_gzip(asked):
            headers |= {"Content-Encoding": "gzip", "ETag": f'"{version}-gzip"'}
            media_type = mimetypes.guess_type(path)[0]
            response = Response(_compress(path, version), status_code, headers, media_type)
        else:
            response = FileResponse(
                full_path, status_code=status_code, stat_result=stat_result, headers=headers
            )
        if self.is_not_modified(response.headers, asked):
            return NotModifiedResponse(response.headers)
        return response
