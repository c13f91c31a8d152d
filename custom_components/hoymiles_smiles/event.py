"""Events of the bridge as they happen: alarms, outages, sleep, corrected counters.

The bridge keeps all of them for ever and in words (``/api/events``). These entities are for
automations.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .client import BridgeEvent
from .coordinator import Coordinator, HoymilesConfigEntry
from .entity import (
    BridgePlace,
    DtuPlace,
    HoymilesEntity,
    InverterPlace,
    Place,
    async_add_as_they_come,
)

PARALLEL_UPDATES = 0


def _event(*kinds: str, instants: tuple[str, ...] = ()) -> EventEntityDescription:
    """Describe an entity of events that last, and of events that are over at once."""
    lasting = [f"{kind}_{phase}" for kind in kinds for phase in ("began", "ended")]
    return EventEntityDescription(
        key="event",
        translation_key="event",
        entity_category=EntityCategory.DIAGNOSTIC,
        event_types=[*lasting, *instants],
    )


BRIDGE = _event("database_outage", "bridge_down")
DTU = _event("dtu_outage", instants=("dialect_change",))
INVERTER = _event("alarm", "sleep", instants=("counter_correction",))


def _wanted(place: Place[Any], _thing: Any) -> Iterable[tuple[EventEntityDescription, bool]]:
    match place:
        case BridgePlace():
            yield BRIDGE, True
        case DtuPlace():
            yield DTU, True
        case InverterPlace():
            yield INVERTER, True


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HoymilesConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entities of a bridge."""
    async_add_as_they_come(entry, Platform.EVENT, async_add_entities, _wanted, HoymilesEvent)


class HoymilesEvent(HoymilesEntity[Any], EventEntity):
    """What happens at one place."""

    def __init__(
        self, coordinator: Coordinator, place: Place[Any], description: EventEntityDescription
    ) -> None:
        """Nothing is known to last yet."""
        super().__init__(coordinator, place, description)
        self._lasting: set[tuple[str, str]] = set()

    @override
    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_add_event_listener(self._take))

    @callback
    def _take(self, event: BridgeEvent) -> None:
        kind = self._kind_of(event)
        if self._is_mine(event) and kind in self.event_types and self._is_news(event):
            self._trigger_event(
                kind,
                {
                    "subject": event.subject,
                    "text": event.text,
                    "started_at": event.started_at,
                    "ended_at": event.ended_at,
                },
            )
            self.async_write_ha_state()

    def _kind_of(self, event: BridgeEvent) -> str:
        if event.kind in self.event_types:
            return event.kind
        return f"{event.kind}_{'began' if event.ended_at is None else 'ended'}"

    def _is_news(self, event: BridgeEvent) -> bool:
        """Tell a beginning from other words for what began before."""
        key = (event.kind, event.subject)
        if event.ended_at is not None:
            self._lasting.discard(key)
            return True
        began = key not in self._lasting
        self._lasting.add(key)
        return began

    def _is_mine(self, event: BridgeEvent) -> bool:
        match self.place:
            case DtuPlace(name=name):
                return event.dtu == name
            case InverterPlace(serial=serial):
                return event.inverter == serial
        return event.dtu is None and event.inverter is None
