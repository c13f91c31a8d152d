"""Binary sensors: what is well, who answers, who sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .client import Dtu, State
from .coordinator import HoymilesConfigEntry
from .entity import (
    BridgePlace,
    DtuPlace,
    HoymilesEntity,
    InverterPlace,
    InverterReading,
    Place,
    async_add_as_they_come,
)

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class HoymilesBinarySensorDescription[T](BinarySensorEntityDescription):
    """A binary sensor, and where its value is."""

    is_on: Callable[[T], bool | None]
    attributes: Callable[[T], Mapping[str, Any]] | None = None


BRIDGE: tuple[HoymilesBinarySensorDescription[State], ...] = (
    HoymilesBinarySensorDescription(
        # The key of version 2. It was a connectivity sensor: on is good.
        key="healthy",
        translation_key="healthy",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on=lambda state: (
            None if state.plant.verdict is None else state.plant.verdict != "failed"
        ),
        attributes=lambda state: {
            "verdict": state.plant.verdict,
            "reasons": list(state.plant.reasons),
        },
    ),
)

DTU: tuple[HoymilesBinarySensorDescription[Dtu], ...] = (
    HoymilesBinarySensorDescription(
        key="connectivity",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on=lambda dtu: None if dtu.phase == "starting" else dtu.answers,
    ),
)

INVERTER: tuple[HoymilesBinarySensorDescription[InverterReading], ...] = (
    HoymilesBinarySensorDescription(
        # Whether it answers its DTU. Asleep it does not, and that is as it should be.
        key="connectivity",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on=lambda reading: reading.reachable and reading.current and not reading.inverter.asleep,
    ),
    HoymilesBinarySensorDescription(
        # The status says so too, beside the other readings. This one is for automations.
        key="asleep",
        translation_key="asleep",
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on=lambda reading: reading.inverter.asleep if reading.current else None,
    ),
    HoymilesBinarySensorDescription(
        key="alarm",
        translation_key="alarm",
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on=lambda reading: reading.inverter.status == "alarm" if reading.current else None,
        attributes=lambda reading: {
            "code": reading.inverter.alarm_code,
            "text": reading.inverter.alarm_text,
        },
    ),
)


def _wanted(
    place: Place[Any], _thing: Any
) -> Iterable[tuple[HoymilesBinarySensorDescription[Any], bool]]:
    table: tuple[HoymilesBinarySensorDescription[Any], ...]
    match place:
        case BridgePlace():
            table = BRIDGE
        case DtuPlace():
            table = DTU
        case InverterPlace():
            table = INVERTER
        case _:
            table = ()
    return ((description, True) for description in table)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HoymilesConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of a bridge."""
    async_add_as_they_come(
        entry, Platform.BINARY_SENSOR, async_add_entities, _wanted, HoymilesBinarySensor
    )


class HoymilesBinarySensor[T](HoymilesEntity[T], BinarySensorEntity):
    """Something that is so or not."""

    entity_description: HoymilesBinarySensorDescription[T]

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether it is so, unknown where the bridge does not know."""
        thing = self.thing
        return None if thing is None else self.entity_description.is_on(thing)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what belongs to it."""
        thing = self.thing
        attributes = self.entity_description.attributes
        return None if thing is None or attributes is None else attributes(thing)
