"""What all entities have in common: they show one thing of the plant's state.

A *place* is where such a thing is found: the plant itself, a DTU, an inverter, a PV input. An
entity stays available while the bridge answers. What the bridge does not know now is "unknown".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, override

from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .client import Dtu, Inverter, Port, State
from .const import DOMAIN
from .coordinator import Coordinator, HoymilesConfigEntry, identity
from .devices import Devices, in_service


@dataclass(frozen=True)
class Place[T](ABC):
    """Where in a state a thing is found."""

    unique_prefix: str
    """What unique ids of its entities begin with."""

    @abstractmethod
    def find(self, state: State) -> T | None:
        """Return the thing, if it is there."""

    @abstractmethod
    def device(self, devices: Devices, state: State) -> DeviceInfo | ChildDeviceInfo:
        """Describe its device, whose thing is there."""


@dataclass(frozen=True)
class BridgePlace(Place[State]):
    """The bridge, which stands for the plant."""

    @override
    def find(self, state: State) -> State:
        return state

    @override
    def device(self, devices: Devices, state: State) -> DeviceInfo:
        return devices.bridge()


@dataclass(frozen=True)
class DtuPlace(Place[Dtu]):
    """A DTU."""

    name: str

    @override
    def find(self, state: State) -> Dtu | None:
        return state.dtus.get(self.name)

    @override
    def device(self, devices: Devices, state: State) -> DeviceInfo:
        return devices.dtu(state.dtus[self.name])


@dataclass(frozen=True)
class InverterReading:
    """An inverter, and what that is worth now."""

    inverter: Inverter
    current: bool
    """Whether what it shows is of now, as the bridge judges: a poll that fails says nothing yet."""
    reachable: bool
    """Whether its DTU answers."""


@dataclass(frozen=True)
class InverterPlace(Place[InverterReading]):
    """An inverter."""

    serial: str

    @override
    def find(self, state: State) -> InverterReading | None:
        inverter = state.inverters.get(self.serial)
        if inverter is None:
            return None
        dtu = state.dtus.get(inverter.dtu_name or "")
        return InverterReading(
            inverter, _is_current(inverter, dtu), reachable=dtu is None or dtu.answers
        )

    @override
    def device(self, devices: Devices, state: State) -> DeviceInfo:
        return devices.inverter(state.inverters[self.serial])


@dataclass(frozen=True)
class PortReading:
    """A PV input, and whether what it shows is of now."""

    port: Port
    current: bool


@dataclass(frozen=True)
class PortPlace(Place[PortReading]):
    """A PV input."""

    serial: str
    number: int

    @override
    def find(self, state: State) -> PortReading | None:
        inverter = state.inverters.get(self.serial)
        port = None if inverter is None else inverter.ports.get(self.number)
        if inverter is None or port is None:
            return None
        dtu = state.dtus.get(inverter.dtu_name or "")
        return PortReading(port, _is_current(inverter, dtu) and not port.stale)

    @override
    def device(self, devices: Devices, state: State) -> ChildDeviceInfo:
        inverter = state.inverters[self.serial]
        return devices.port(inverter, inverter.ports[self.number])


def _is_current(inverter: Inverter, dtu: Dtu | None) -> bool:
    """Say whether a reading is of now.

    That it is too old is told of the DTU before it is told of its inverters. One that is off with
    the sun has told what is true until it wakes up.
    """
    return not inverter.stale and (dtu is None or dtu.asleep or not dtu.stale)


def places(entry: HoymilesConfigEntry, state: State) -> Iterator[Place[Any]]:
    """Return every place of a plant, the bridge first."""
    bridge = identity(entry)
    yield BridgePlace(f"{bridge}_")
    for name in state.dtus:
        yield DtuPlace(f"{bridge}_dtu_{name}_", name)
    for inverter in in_service(state):
        serial = inverter.serial_number
        yield InverterPlace(f"{serial}_", serial)
        for number in inverter.ports:
            yield PortPlace(f"{serial}_port{number}_", serial, number)


class HoymilesEntity[T](CoordinatorEntity[Coordinator]):
    """Shows one thing of a place."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: Coordinator, place: Place[T], description: EntityDescription
    ) -> None:
        """Take the device from what the coordinator knows now."""
        super().__init__(coordinator)
        self.place = place
        self.entity_description = description
        self._attr_unique_id = f"{place.unique_prefix}{description.key}"
        self._attr_device_info = place.device(
            coordinator.config_entry.runtime_data.devices, coordinator.data
        )

    @property
    def thing(self) -> T | None:
        """What it is about, if it is there."""
        return self.place.find(self.coordinator.data)


@callback
def async_add_as_they_come[D: EntityDescription](
    entry: HoymilesConfigEntry,
    platform: Platform,
    async_add_entities: AddConfigEntryEntitiesCallback,
    wanted: Callable[[Place[Any], Any], Iterable[tuple[D, bool]]],
    build: Callable[[Coordinator, Place[Any], D], Entity],
) -> None:
    """Add the entities of all places, and of those that appear later.

    ``wanted`` tells which entities a place may have, and of each whether it is needed now. Once
    registered it is needed for ever: AC power that is not known at night must not vanish.
    """
    coordinator = entry.runtime_data.coordinator
    registry = er.async_get(coordinator.hass)
    added: dict[str, set[str]] = {}

    def is_registered(unique_id: str) -> bool:
        return registry.async_get_entity_id(platform, DOMAIN, unique_id) is not None

    def missing(place: Place[Any]) -> Iterator[Entity]:
        keys = added.setdefault(place.unique_prefix, set())
        for description, needed in wanted(place, place.find(coordinator.data)):
            if description.key in keys:
                continue
            if needed or is_registered(f"{place.unique_prefix}{description.key}"):
                keys.add(description.key)
                yield build(coordinator, place, description)

    @callback
    def look() -> None:
        present = list(places(entry, coordinator.data))
        for prefix in added.keys() - {place.unique_prefix for place in present}:
            # A bridge that has just started may not know it yet: then its entities are still
            # there. Otherwise its device was removed with them, and may come back.
            if not any(is_registered(f"{prefix}{key}") for key in added[prefix]):
                del added[prefix]
        if new := [entity for place in present for entity in missing(place)]:
            async_add_entities(new)

    look()
    entry.async_on_unload(coordinator.async_add_listener(look))
