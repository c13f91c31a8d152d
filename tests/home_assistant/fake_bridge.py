"""A bridge for the tests: the real one's captured answers, behind a real socket.

``captured/`` was written by the real bridge (scripts/capture-home-assistant.sh). What a test needs
beyond that it changes in these answers.
"""

import asyncio
import copy
from datetime import datetime
import json
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

CAPTURED = Path(__file__).parent / "captured"


def captured(name: str) -> Any:
    return json.loads((CAPTURED / f"{name}.json").read_text())


class FakeBridge:
    """Answers what it was told to."""

    def __init__(self) -> None:
        self.info: Any = captured("info")
        self.state: Any = captured("state_day")
        self.stats: Any = captured("stats")
        self.health: Any = {"healthy": True, "version": "2.0.0", "dtus": {}}
        self.energy = {by: captured(f"energy_{by}") for by in ("plant", "dtu", "inverter", "port")}
        self.token: str | None = None
        self.broken: dict[str, web.Response] = {}
        """Answers other than the usual ones, by path."""
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.streams: list[asyncio.Queue[bytes | None]] = []
        self.stream_is_mute = False
        self._ids = 0
        app = web.Application(middlewares=[self._gate])
        for path, name in (
            ("/api/info", "info"),
            ("/api/state", "state"),
            ("/stats", "stats"),
            ("/health", "health"),
        ):
            app.router.add_get(path, self._attribute(name))
        app.router.add_get("/api/energy", self._energy)
        app.router.add_get("/api/stream", self._stream)
        self.server = TestServer(app)

    @property
    def port(self) -> int:
        assert self.server.port is not None
        return self.server.port

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append(request.path)
        self.headers.append(dict(request.headers))
        if (answer := self.broken.get(request.path)) is not None:
            return copy.deepcopy(answer)
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return problem(401, "The bridge wants a token.")
        return await handler(request)

    def _attribute(self, name: str) -> Any:
        async def answer(_request: web.Request) -> web.Response:
            return web.json_response(getattr(self, name))

        return answer

    async def _energy(self, request: web.Request) -> web.Response:
        answer = copy.deepcopy(self.energy[request.query["by"]])
        start, end = (datetime.fromisoformat(request.query[key]) for key in ("from", "to"))
        for series in answer["series"]:
            series["points"] = [
                point
                for point in series["points"]
                if start <= datetime.fromisoformat(point["start"]) < end
            ]
        return web.json_response(answer)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.streams.append(queue)
        try:
            if not self.stream_is_mute:
                await response.write(b": hello\n\n")
                await response.write(self._message("state", self.state))
            while (data := await queue.get()) is not None:
                await response.write(data)
        except ConnectionResetError:
            pass
        finally:
            self.streams.remove(queue)
        return response

    def _message(self, event: str, data: Any) -> bytes:
        self._ids += 1
        return f"event: {event}\nid: {self._ids}\ndata: {json.dumps(data)}\n\n".encode()

    def send(self, event: str, data: Any) -> None:
        self.send_raw(self._message(event, data))

    def send_raw(self, data: bytes) -> None:
        for queue in self.streams:
            queue.put_nowait(data)

    def end_streams(self) -> None:
        for queue in self.streams:
            queue.put_nowait(None)

    def is_gone(self) -> None:
        """Answer like a machine on which no bridge runs, from now on."""
        for path in ("/api/info", "/api/state", "/api/stream", "/stats", "/api/energy"):
            self.broken[path] = problem(502, "no bridge here")
        self.end_streams()

    def is_back(self) -> None:
        self.broken.clear()

    def inverter(self, serial: str) -> Any:
        return next(i for i in self.state["inverters"] if i["serial_number"] == serial)

    def dtu(self, name: str) -> Any:
        return next(d for d in self.state["dtus"] if d["name"] == name)


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(
        {"type": "about:blank", "status": status, "detail": detail},
        status=status,
        headers=headers,
        content_type="application/problem+json",
    )
