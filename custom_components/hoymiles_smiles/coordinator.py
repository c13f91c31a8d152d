"""Keeps up with a bridge: by its stream while that flows, by polling otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError
from homeassistant.helpers.event import async_track_point_in_time
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .client import (
    BridgeError,
    BridgeEvent,
    BridgeTooNew,
    BridgeTooOld,
    Client,
    Info,
    Message,
    NotReady,
    State,
    Stats,
    WrongToken,
)
from .const import DOMAIN, LOGGER

if TYPE_CHECKING:
    from .devices import Devices
    from .history import History

# Between two polls while the stream does not flow: what the bridge itself does, within reason.
SHORTEST_POLL = timedelta(seconds=10)
LONGEST_POLL = timedelta(minutes=5)

# A proxy that keeps a stream to itself until it ends would leave us without news for ever.
FIRST_MESSAGE_WITHIN = 20.0
RETRIES = (2.0, 5.0, 10.0, 30.0, 60.0)

STATS_EVERY = timedelta(minutes=5)
# The bridge's clock and ours may disagree a little about when a day ends.
AFTER_MIDNIGHT = timedelta(seconds=5)

type EventListener = Callable[[BridgeEvent], None]


@dataclass(slots=True)
class Runtime:
    """What belongs to a config entry while it is loaded."""

    coordinator: Coordinator
    stats: StatsCoordinator
    devices: Devices
    history: History


type HoymilesConfigEntry = ConfigEntry[Runtime]


def identity(entry: ConfigEntry) -> str:
    """Return what tells this bridge from others: its own id, once it is known."""
    return entry.unique_id or entry.entry_id


class Coordinator(DataUpdateCoordinator[State]):
    """The plant as of now."""

    config_entry: HoymilesConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: HoymilesConfigEntry, client: Client, info: Info
    ) -> None:
        """Remember whom to ask; nothing is asked yet."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=_poll_interval(info),
        )
        self.client = client
        self.info = info
        self.streaming = False
        """Whether news come by the stream."""
        self._event_listeners: list[EventListener] = []
        self._midnight: CALLBACK_TYPE | None = None

    @override
    async def _async_update_data(self) -> State:
        """Poll: one request for everything."""
        try:
            return await self.client.state()
        except BridgeError as error:
            raise translated(error) from error

    @callback
    def async_start(self) -> None:
        """Follow the stream until the entry is unloaded."""
        self.config_entry.async_create_background_task(
            self.hass, self._follow_for_ever(), f"{DOMAIN} stream of {self.config_entry.title}"
        )
        self._await_midnight()
        self.config_entry.async_on_unload(self._forget_midnight)

    async def _follow_for_ever(self) -> None:
        """Take the stream up again whenever it ends."""
        failures = 0
        last_id: str | None = None
        while True:
            refused = False
            try:
                async for message in self._messages(last_id):
                    last_id = message.id or last_id
                    failures = 0
                    self._take(message)
            except BridgeError as error:
                LOGGER.debug("The stream has ended: %s", error)
                refused = isinstance(error, WrongToken)
            self._stream_is_gone()
            if failures > 0 or refused:
                # A bridge that restarts is back within the first pause. Only after that do the
                # entities learn that it is gone.
                await self.async_refresh()
            if isinstance(self.last_exception, ConfigEntryAuthFailed):
                # The owner is asked for the token; with a new one this starts anew.
                return
            await asyncio.sleep(RETRIES[min(failures, len(RETRIES) - 1)])
            failures += 1

    async def _messages(self, last_id: str | None) -> AsyncIterator[Message]:
        """Follow one connection; the first message must come soon."""
        stream = aiter(self.client.stream(last_id))
        try:
            async with asyncio.timeout(FIRST_MESSAGE_WITHIN):
                first = await anext(stream)
        except TimeoutError, StopAsyncIteration:
            LOGGER.debug("The stream of %s brings nothing: asking instead", self.client.url)
            return
        await self._renew_info()
        yield first
        async for message in stream:
            yield message

    async def _renew_info(self) -> None:
        """Ask again who is there: a new connection may lead to a new bridge."""
        try:
            self.info = await self.client.info()
        except BridgeError as error:
            LOGGER.debug("Cannot ask %s who it is: %s", self.client.url, error)

    @callback
    def _take(self, message: Message) -> None:
        if message.event == "event":
            if (event := BridgeEvent.parse(message.data)) is not None:
                self._tell(event)
            return
        if not self.streaming:
            self.streaming = True
            self.update_interval = None
        if not self.last_update_success:
            LOGGER.info("%s answers again", self.name)
        self.async_set_updated_data(self.data.after(message))

    @callback
    def _stream_is_gone(self) -> None:
        self.streaming = False
        self.update_interval = _poll_interval(self.info)
        if self._listeners:
            self._schedule_refresh()

    # Events

    @callback
    def async_add_event_listener(self, listener: EventListener) -> CALLBACK_TYPE:
        """Be told what happens; returns how to end that."""
        self._event_listeners.append(listener)
        return lambda: self._event_listeners.remove(listener)

    @callback
    def _tell(self, event: BridgeEvent) -> None:
        for listener in list(self._event_listeners):
            listener(event)

    # Midnight

    @callback
    def _await_midnight(self) -> None:
        """Energy of today starts at 0 also while no DTU brings news."""
        zone = dt_util.get_time_zone(self.info.time_zone) or dt_util.UTC
        tomorrow = dt_util.now(zone).date() + timedelta(days=1)
        midnight = datetime.combine(tomorrow, datetime.min.time(), zone) + AFTER_MIDNIGHT
        self._midnight = async_track_point_in_time(self.hass, self._at_midnight, midnight)

    async def _at_midnight(self, _now: datetime) -> None:
        self._await_midnight()
        await self.async_refresh()

    @callback
    def _forget_midnight(self) -> None:
        if self._midnight is not None:
            self._midnight()


class StatsCoordinator(DataUpdateCoordinator[Stats]):
    """How much is stored. Asked only while an entity that shows it is enabled."""

    config_entry: HoymilesConfigEntry

    def __init__(self, hass: HomeAssistant, entry: HoymilesConfigEntry, client: Client) -> None:
        """Remember whom to ask."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=f"{entry.title}: what is stored",
            update_interval=STATS_EVERY,
        )
        self.client = client

    @override
    async def _async_update_data(self) -> Stats:
        try:
            return await self.client.stats()
        except BridgeError as error:
            raise translated(error) from error


def translated(error: BridgeError) -> Exception:
    """Turn an error of the client into what Home Assistant shows and acts upon."""
    match error:
        case WrongToken():
            return ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="wrong_token")
        case BridgeTooOld(version=version):
            return ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="bridge_too_old",
                translation_placeholders={"version": version},
            )
        case BridgeTooNew(version=version):
            return ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="bridge_too_new",
                translation_placeholders={"version": version},
            )
        case NotReady(retry_after=retry_after):
            return UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="not_ready",
                translation_placeholders={"error": str(error)},
                retry_after=retry_after,
            )
    return UpdateFailed(
        translation_domain=DOMAIN,
        translation_key="cannot_connect",
        translation_placeholders={"error": str(error)},
    )


def _poll_interval(info: Info) -> timedelta:
    shortest = min(info.poll_intervals.values(), default=60.0)
    return min(max(timedelta(seconds=shortest), SHORTEST_POLL), LONGEST_POLL)
