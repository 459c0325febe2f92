"""Connections: bytes that are not HTTP get a problem document too, and silence has an end.

What happens before a request's headers are complete never reaches the application. Here a client
whose headers do not arrive, or make no sense, is told so and let go; uvicorn alone would wait for
ever. Why this rests on uvicorn's own attributes: DECISIONS 16.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import sys

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.problems import problem_response
from recommender.settings import Settings

# read at import: uvicorn makes connections itself, and hands them nothing of ours
_settings = Settings()
_log = structlog.get_logger("recommender.api")


class PatientConnection(H11Protocol):
    """A connection that waits as long for a request's headers as for a piece of a body."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] - as above it
        """Begin to wait."""
        super().connection_made(transport)
        accepted: socket.socket = transport.get_extra_info("socket")
        if accepted.family in (socket.AF_INET, socket.AF_INET6):
            # asyncio does so only where the listening socket names the protocol, which the one that
            # workers share does not; without it each answer on a kept connection waits 40 ms
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take in some bytes."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Say that these bytes are no request."""
        # uvicorn hands over only a sentence; the parser's exception, which it is handling, knows
        # the status
        status = getattr(sys.exception(), "error_status_hint", 400)
        self._refuse(status if status == 431 else 400)

    def _wait(self) -> None:
        # Between two requests of one connection uvicorn's keep-alive timer runs; ours would be
        # a second one. A deadline that runs stays: it must not move with every byte that drips in.
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._deadline is None and self.timeout_keep_alive_task is None:
            self._deadline = self.loop.call_later(_settings.slow_body_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self.conn.trailing_data[0]:
            self._refuse(408)
        else:  # nothing was sent: a browser connects in advance, and expects no answer
            self.transport.close()

    def _refuse(self, status: int) -> None:
        self._stop_waiting()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()  # an answer is under way; a second one would become part of it
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # drops whatever the application still sends
            self.cycle.message_event.set()
        request_id = secrets.token_hex(8)
        code = "request.too-slow" if status == 408 else f"problem.{status}"
        response = problem_response(
            status,
            code,
            lang=_settings.lang,
            request_id=request_id,
            headers={"Connection": "close"},
        )
        for event in (
            h11.Response(status_code=status, headers=response.raw_headers),
            h11.Data(data=bytes(response.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        _log.warning("refused", route="–", status=status, request_id=request_id, actor=None)
