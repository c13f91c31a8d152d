"""The requests, and what their answers mean."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
import json
from typing import Any

import aiohttp
from yarl import URL

from .errors import (
    BridgeTooNew,
    BridgeTooOld,
    CannotConnect,
    NotABridge,
    NotReady,
    UnexpectedAnswer,
    WrongToken,
)
from .fields import text
from .models import EnergySeries, Info, Stats
from .sse import Message, messages
from .state import State

# The version of the API that this client was written for. It grows only when a client must change.
API_VERSION = 1

# Long enough for a bridge on a small computer that reads its database from a card.
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=10)
HISTORY_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=10)
# The bridge says something every 15 s. Three silences in a row are no bridge.
STREAM_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10, sock_read=45)


class Client:
    """A bridge at an address."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        host: str,
        port: int = 8080,
        *,
        token: str | None = None,
        tls: bool = False,
    ) -> None:
        """Remember where the bridge is; nothing is asked yet."""
        self._session = session
        self.url = URL.build(scheme="https" if tls else "http", host=host, port=port)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def info(self) -> Info:
        """Ask who it is, and whether this client can talk to it.

        Raises any of the errors there are; :class:`NotABridge` and :class:`BridgeTooOld` only
        here and in :meth:`state`.
        """
        try:
            raw = await self._get("/api/info")
        except UnexpectedAnswer:
            raise await self._stranger() from None
        info = Info.parse(raw)
        if info is None:
            raise await self._stranger()
        if info.api_version > API_VERSION:
            raise BridgeTooNew(info.version)
        if "state" not in info.capabilities:
            raise BridgeTooOld(info.version)
        return info

    async def _stranger(self) -> BridgeTooOld | NotABridge:
        """Tell the Python version 2, which has no ``/api/info``, from something else."""
        try:
            health = await self._get("/health", also=503)
        except UnexpectedAnswer:
            health = {}
        if "healthy" in health and "dtus" in health:
            return BridgeTooOld(text(health, "version") or "2")
        return NotABridge("What answers there is no Hoymiles S-Miles bridge.")

    async def state(self) -> State:
        """Ask for the whole plant as of now, in one request."""
        state = State.parse(await self._get("/api/state"))
        if state is None:
            raise UnexpectedAnswer("The bridge's answer lacks the plant.")
        return state

    async def stats(self) -> Stats:
        """Ask how much is stored. Needs the bridge's database."""
        return Stats.parse(await self._get("/stats"))

    async def hourly_energy(self, start: datetime, end: datetime, by: str) -> list[EnergySeries]:
        """Ask for the energy of each hour from start to end, by ``plant``, ``dtu``, ``inverter``
        or ``port``. Needs the bridge's database.
        """  # noqa: D205
        query = {
            "from": start.isoformat(),
            "to": end.isoformat(),
            "resolution": "hour",
            "by": by,
        }
        return EnergySeries.parse_all(await self._get("/api/energy", query, HISTORY_TIMEOUT))

    async def stream(self, last_id: str | None = None) -> AsyncIterator[Message]:
        """Follow what happens, from after the message with this id if the bridge still knows it.

        Ends or raises when the connection does.
        """
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        async with self._asked("/api/stream", {}, STREAM_TIMEOUT, headers) as response:
            if response.status != 200:
                raise await _failure(response)
            async for message in messages(response.content.iter_any()):
                yield message

    async def _get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        limits: aiohttp.ClientTimeout = REQUEST_TIMEOUT,
        also: int = 200,
    ) -> Mapping[str, Any]:
        """Ask for an object. ``also`` is another status that comes with one."""
        async with self._asked(path, query or {}, limits, {}) as response:
            if response.status not in (200, also):
                raise await _failure(response)
            raw = await _json(response)
        if not isinstance(raw, Mapping):
            raise UnexpectedAnswer(f"The answer to {path} cannot be read.")
        return raw

    @asynccontextmanager
    async def _asked(
        self,
        path: str,
        query: Mapping[str, str],
        limits: aiohttp.ClientTimeout,
        headers: Mapping[str, str],
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._session.get(
                self.url.with_path(path).with_query(query),
                headers={**self._headers, **headers},
                timeout=limits,
                # A bridge never redirects. What does is a login page or another device, and a
                # token must not follow it there.
                allow_redirects=False,
            ) as response:
                yield response
        except TimeoutError as error:
            raise CannotConnect(f"{self.url} does not answer in time.") from error
        except aiohttp.ClientError as error:
            raise CannotConnect(f"{self.url} cannot be reached: {error}") from error


async def _json(response: aiohttp.ClientResponse) -> Any:
    """Read a body as JSON, whatever its content type says; none if it is something else."""
    try:
        return json.loads(await response.read())
    except ValueError:
        return None


async def _failure(response: aiohttp.ClientResponse) -> Exception:
    """Turn an answer other than 200 into an error, with the bridge's own words if it has some."""
    if response.status in (401, 403):
        return WrongToken("The bridge wants a token, or another one.")
    raw = await _json(response)
    detail = text(raw, "detail") if isinstance(raw, Mapping) else None
    words = detail or f"The answer to {response.url.path} was status {response.status}."
    if response.status == 503:
        return NotReady(words, _seconds(response.headers.get("Retry-After")))
    if response.status >= 500:
        # Mostly a proxy before a bridge that is not there.
        return CannotConnect(words)
    return UnexpectedAnswer(words)


def _seconds(value: str | None) -> float | None:
    return float(value) if value is not None and value.isdecimal() else None
