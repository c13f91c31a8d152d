"""The devices: bridge → DTU → inverter → PV input.

They follow the plant while it runs: what is new is registered, what was retired or has left the
bridge's configuration goes.
"""

from __future__ import annotations

from collections.abc import Iterator

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo

from .client import Dtu, Inverter, Port, State
from .const import DOMAIN, MANUFACTURER
from .coordinator import Coordinator, HoymilesConfigEntry, identity

type Identifier = tuple[str, str]


def dtu_identifier(entry: HoymilesConfigEntry, name: str) -> Identifier:
    """Return the identifier of a DTU. Its name is its own only within its bridge."""
    return (DOMAIN, f"{identity(entry)}_dtu_{name}")


def inverter_identifier(serial: str) -> Identifier:
    """Return the identifier of an inverter, which is the same on every bridge."""
    return (DOMAIN, serial)


def port_identifier(serial: str, number: int) -> Identifier:
    """Return the identifier of a PV input."""
    return (DOMAIN, f"{serial}_port{number}")


class Devices:
    """The part of the device registry that belongs to one bridge."""

    def __init__(self, hass: HomeAssistant, coordinator: Coordinator) -> None:
        """Remember whose devices these are."""
        self._entry = coordinator.config_entry
        self._coordinator = coordinator
        self._registry = dr.async_get(hass)

    @callback
    def async_start(self) -> None:
        """Register what there is, and follow what changes."""
        self._follow()
        self._entry.async_on_unload(self._coordinator.async_add_listener(self._follow))

    @callback
    def _follow(self) -> None:
        """Bring the registry up to date. It ignores what it knows already."""
        state = self._coordinator.data
        self._registry.async_get_or_create(config_entry_id=self._entry.entry_id, **self.bridge())
        for dtu in state.dtus.values():
            self._registry.async_get_or_create(
                config_entry_id=self._entry.entry_id, **self.dtu(dtu)
            )
        for inverter in in_service(state):
            device = self._registry.async_get_or_create(
                config_entry_id=self._entry.entry_id, **self.inverter(inverter)
            )
            for port in inverter.ports.values():
                self._registry.async_get_or_create_child(
                    config_entry_id=self._entry.entry_id,
                    **self._port(inverter, port, device.id),
                )
        # A bridge that has just started knows only the inverters that were polled since. It
        # remembers the others together with the energy of the month.
        if self._coordinator.last_update_success and state.plant.energy_month_wh is not None:
            self._remove_what_is_gone(state)

    def _remove_what_is_gone(self, state: State) -> None:
        present = self.present(state)
        entry_id = self._entry.entry_id
        for device in (
            *dr.async_child_entries_for_config_entry(self._registry, entry_id),
            *dr.async_entries_for_config_entry(self._registry, entry_id),
        ):
            if not device.identifiers & present:
                self._registry.async_remove_device(device.id)

    def present(self, state: State) -> set[Identifier]:
        """Return the identifiers of everything that belongs to the plant."""
        return (
            {(DOMAIN, identity(self._entry))}
            | {dtu_identifier(self._entry, name) for name in state.dtus}
            | {
                identifier
                for inverter in in_service(state)
                for identifier in (
                    inverter_identifier(inverter.serial_number),
                    *(port_identifier(inverter.serial_number, number) for number in inverter.ports),
                )
            }
        )

    def bridge(self) -> DeviceInfo:
        """Describe the bridge."""
        return DeviceInfo(
            identifiers={(DOMAIN, identity(self._entry))},
            name=self._entry.title,
            manufacturer="Hoymiles S-Miles",
            model="Demo" if self._coordinator.info.demo else "Bridge",
            sw_version=self._coordinator.info.version,
            entry_type=dr.DeviceEntryType.SERVICE,
            configuration_url=str(self._coordinator.client.url),
        )

    def dtu(self, dtu: Dtu) -> DeviceInfo:
        """Describe a DTU."""
        info = DeviceInfo(
            identifiers={dtu_identifier(self._entry, dtu.name)},
            translation_key="dtu",
            translation_placeholders={"name": dtu.name},
            manufacturer=MANUFACTURER,
            model=dtu.model or "DTU",
            serial_number=dtu.serial_number,
            sw_version=dtu.firmware,
        )
        self._hang(info, (DOMAIN, identity(self._entry)))
        return info

    def inverter(self, inverter: Inverter) -> DeviceInfo:
        """Describe an inverter. Its serial number tells its family, but not the exact model."""
        inputs = len(inverter.ports)
        info = DeviceInfo(
            identifiers={inverter_identifier(inverter.serial_number)},
            translation_key="inverter",
            translation_placeholders={"serial": inverter.serial_number},
            manufacturer=MANUFACTURER,
            model=f"{inverter.family} ({inputs} PV)" if inverter.family else None,
            model_id=inverter.serial_number[:4],
            serial_number=inverter.serial_number,
        )
        self._hang(info, dtu_identifier(self._entry, inverter.dtu_name or ""))
        return info

    def port(self, inverter: Inverter, port: Port) -> ChildDeviceInfo:
        """Describe a PV input, whose inverter is registered."""
        parent = self._id_of(inverter_identifier(inverter.serial_number))
        if parent is None:
            raise ValueError(f"Inverter {inverter.serial_number} is not registered")
        return self._port(inverter, port, parent)

    def _port(self, inverter: Inverter, port: Port, parent_id: str) -> ChildDeviceInfo:
        info = ChildDeviceInfo(
            identifiers={port_identifier(inverter.serial_number, port.number)},
            parent_device_id=parent_id,
        )
        if port.name is not None:
            info["name"] = port.name
        else:
            info["translation_key"] = "port"
            info["translation_placeholders"] = {"number": str(port.number)}
        return info

    def _hang(self, info: DeviceInfo, parent: Identifier) -> None:
        """Say through which device it is reached, if that one is registered."""
        if (via := self._id_of(parent)) is not None:
            info["via_device_id"] = via

    def _id_of(self, identifier: Identifier) -> str | None:
        device = self._registry.async_get_device_by_identifier(identifier, self._entry.entry_id)
        return None if device is None else device.id


def in_service(state: State) -> Iterator[Inverter]:
    """Return the inverters that nobody has retired."""
    return (inverter for inverter in state.inverters.values() if not inverter.retired)
