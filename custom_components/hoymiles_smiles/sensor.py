"""Sensors of the plant, the DTUs, the inverters and the PV inputs.

The keys of DTUs, inverters and PV inputs, and some of the bridge, are those of the Python version
2, so that its entities live on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    Platform,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfInformation,
    UnitOfPower,
    UnitOfReactivePower,
    UnitOfTemperature,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.util import dt as dt_util

from .client import Dtu, Inverter, State, Stats
from .coordinator import HoymilesConfigEntry, StatsCoordinator, identity
from .entity import (
    BridgePlace,
    DtuPlace,
    HoymilesEntity,
    InverterPlace,
    InverterReading,
    Place,
    PortPlace,
    PortReading,
    async_add_as_they_come,
)

PARALLEL_UPDATES = 0

type Value = StateType | datetime


@dataclass(frozen=True, kw_only=True)
class HoymilesSensorDescription[T](SensorEntityDescription):
    """A sensor, and where its value is."""

    value: Callable[[T], Value]
    attributes: Callable[[T], Mapping[str, Any]] | None = None
    optional: bool = False
    """Whether it appears only once its value has been known."""


@dataclass(frozen=True, kw_only=True)
class StatsSensorDescription(SensorEntityDescription):
    """A sensor of what is stored."""

    value: Callable[[Stats], StateType]


def _power(key: str = "power", **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "translation_key": key,
        "device_class": SensorDeviceClass.POWER,
        "state_class": SensorStateClass.MEASUREMENT,
        "native_unit_of_measurement": UnitOfPower.WATT,
        "suggested_display_precision": 0,
    } | more


def _energy_of_day(key: str) -> dict[str, Any]:
    return {
        "key": key,
        "translation_key": "energy_today",
        "device_class": SensorDeviceClass.ENERGY,
        "state_class": SensorStateClass.TOTAL_INCREASING,
        "native_unit_of_measurement": UnitOfEnergy.WATT_HOUR,
        # Beside the lifetime. An entity that was there before this suggestion stays with its unit.
        "suggested_unit_of_measurement": UnitOfEnergy.KILO_WATT_HOUR,
        "suggested_display_precision": 2,
    }


def _lifetime_energy(key: str) -> dict[str, Any]:
    return {
        "key": key,
        "translation_key": "lifetime_energy",
        "device_class": SensorDeviceClass.ENERGY,
        "state_class": SensorStateClass.TOTAL_INCREASING,
        "native_unit_of_measurement": UnitOfEnergy.KILO_WATT_HOUR,
        "suggested_display_precision": 3,
    }


def _diagnostic(key: str, **more: Any) -> dict[str, Any]:
    """Describe what an owner looks at only when something is wrong."""
    return {
        "key": key,
        "translation_key": key,
        "entity_category": EntityCategory.DIAGNOSTIC,
        "entity_registry_enabled_default": False,
    } | more


def _measured(device_class: SensorDeviceClass, unit: str, precision: int) -> dict[str, Any]:
    return {
        "device_class": device_class,
        "state_class": SensorStateClass.MEASUREMENT,
        "native_unit_of_measurement": unit,
        "suggested_display_precision": precision,
    }


def _kwh(energy_wh: float | None) -> float | None:
    return None if energy_wh is None else energy_wh / 1000


def _seconds_since_success(state: State) -> int | None:
    """Since the newest poll that succeeded, of whichever DTU."""
    instants = [dtu.last_success for dtu in state.dtus.values() if dtu.last_success is not None]
    return round((dt_util.utcnow() - max(instants)).total_seconds()) if instants else None


def _sum(values: Iterable[int | None]) -> int:
    return sum(value for value in values if value is not None)


BRIDGE: tuple[HoymilesSensorDescription[State], ...] = (
    HoymilesSensorDescription(**_power(), value=lambda state: state.plant.power_w),
    HoymilesSensorDescription(
        **_energy_of_day("energy_today"), value=lambda state: state.plant.energy_today_wh
    ),
    HoymilesSensorDescription(
        **_lifetime_energy("energy_lifetime"),
        value=lambda state: _kwh(state.plant.energy_lifetime_wh),
    ),
    HoymilesSensorDescription(
        # The peak of a day is known for the day only: no long-term statistics of it.
        **_power("peak_today", state_class=None),
        value=lambda state: state.plant.peak_today_w,
        attributes=lambda state: {"at": state.plant.peak_today_at},
    ),
    HoymilesSensorDescription(
        key="plant_state",
        translation_key="plant_state",
        device_class=SensorDeviceClass.ENUM,
        options=["starting", "producing", "idle", "asleep", "offline"],
        value=lambda state: state.plant.state,
    ),
    HoymilesSensorDescription(
        key="inverters_reporting",
        translation_key="inverters_reporting",
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda state: state.plant.inverters_reporting,
        attributes=lambda state: {
            "known": state.plant.inverters_known,
            "asleep": state.plant.inverters_asleep,
        },
    ),
    HoymilesSensorDescription(
        **_diagnostic("dtu_query_count", state_class=SensorStateClass.TOTAL_INCREASING),
        value=lambda state: _sum(dtu.query_count for dtu in state.dtus.values()),
    ),
    HoymilesSensorDescription(
        **_diagnostic("dtu_error_count", state_class=SensorStateClass.TOTAL_INCREASING),
        value=lambda state: _sum(dtu.error_count for dtu in state.dtus.values()),
    ),
    HoymilesSensorDescription(
        **_diagnostic(
            "dtu_last_query",
            device_class=SensorDeviceClass.DURATION,
            native_unit_of_measurement=UnitOfTime.SECONDS,
        ),
        value=_seconds_since_success,
    ),
)

UPTIME = SensorEntityDescription(
    **_diagnostic(
        "uptime",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfTime.SECONDS,
    )
)

STATS: tuple[StatsSensorDescription, ...] = (
    StatsSensorDescription(
        **_diagnostic(
            "database_size",
            device_class=SensorDeviceClass.DATA_SIZE,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfInformation.MEGABYTES,
            suggested_display_precision=1,
        ),
        value=lambda stats: (
            None if stats.database_size_bytes is None else stats.database_size_bytes / 1_000_000
        ),
    ),
    StatsSensorDescription(
        **_diagnostic("cached_records", state_class=SensorStateClass.MEASUREMENT),
        value=lambda stats: stats.production_cache_entries,
    ),
)

DTU: tuple[HoymilesSensorDescription[Dtu], ...] = (
    HoymilesSensorDescription(
        **_power("total_power", translation_key="power"),
        value=lambda dtu: dtu.power_w,
    ),
    HoymilesSensorDescription(
        **_energy_of_day("energy_today"), value=lambda dtu: dtu.energy_today_wh
    ),
    HoymilesSensorDescription(
        **_lifetime_energy("energy_lifetime"), value=lambda dtu: _kwh(dtu.energy_lifetime_wh)
    ),
    HoymilesSensorDescription(
        key="communication_status",
        translation_key="communication_status",
        device_class=SensorDeviceClass.ENUM,
        options=["starting", "online", "failing", "standby", "asleep"],
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda dtu: dtu.phase,
        attributes=lambda dtu: {
            "text": dtu.status_text,
            "last_failure": None if dtu.last_failure is None else dtu.last_failure.text,
        },
    ),
    HoymilesSensorDescription(
        key="inverter_count",
        translation_key="inverter_count",
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda dtu: dtu.inverters_known,
    ),
    HoymilesSensorDescription(
        **_diagnostic("last_query_time", device_class=SensorDeviceClass.TIMESTAMP),
        value=lambda dtu: dtu.last_success,
    ),
    HoymilesSensorDescription(
        **_diagnostic("query_count", state_class=SensorStateClass.TOTAL_INCREASING),
        value=lambda dtu: dtu.query_count,
    ),
    HoymilesSensorDescription(
        **_diagnostic("error_count", state_class=SensorStateClass.TOTAL_INCREASING),
        value=lambda dtu: dtu.error_count,
    ),
    HoymilesSensorDescription(
        **_diagnostic(
            "error_rate",
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=PERCENTAGE,
            suggested_display_precision=1,
        ),
        value=lambda dtu: None if dtu.error_rate is None else dtu.error_rate * 100,
    ),
    HoymilesSensorDescription(
        **_diagnostic(
            "response_time",
            **_measured(SensorDeviceClass.DURATION, UnitOfTime.SECONDS, 2),
        ),
        value=lambda dtu: dtu.response_seconds,
    ),
)


def _now[V](value: Callable[[InverterReading], V]) -> Callable[[InverterReading], V | None]:
    """Show what is true now only; energies are true for longer."""
    return lambda reading: value(reading) if reading.current else None


INVERTER: tuple[HoymilesSensorDescription[InverterReading], ...] = (
    HoymilesSensorDescription(
        **_power("total_power", translation_key="power"),
        value=_now(lambda reading: reading.inverter.pv_power),
    ),
    HoymilesSensorDescription(
        **_energy_of_day("total_today_production"),
        value=lambda reading: reading.inverter.today_wh,
    ),
    HoymilesSensorDescription(
        **_lifetime_energy("total_lifetime_production"),
        value=lambda reading: _kwh(reading.inverter.lifetime_wh),
    ),
    HoymilesSensorDescription(
        **_power("active_power"),
        optional=True,
        value=_now(lambda reading: reading.inverter.active_power),
    ),
    HoymilesSensorDescription(
        **_diagnostic(
            "reactive_power",
            **_measured(
                SensorDeviceClass.REACTIVE_POWER, UnitOfReactivePower.VOLT_AMPERE_REACTIVE, 0
            ),
        ),
        optional=True,
        value=_now(lambda reading: reading.inverter.reactive_power),
    ),
    HoymilesSensorDescription(
        **_diagnostic(
            "power_factor",
            device_class=SensorDeviceClass.POWER_FACTOR,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=2,
        ),
        optional=True,
        value=_now(lambda reading: reading.inverter.power_factor),
    ),
    HoymilesSensorDescription(
        key="temperature",
        **_measured(SensorDeviceClass.TEMPERATURE, UnitOfTemperature.CELSIUS, 1),
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_now(lambda reading: reading.inverter.temperature),
    ),
    HoymilesSensorDescription(
        key="grid_voltage",
        translation_key="grid_voltage",
        **_measured(SensorDeviceClass.VOLTAGE, UnitOfElectricPotential.VOLT, 1),
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_now(lambda reading: reading.inverter.grid_voltage),
    ),
    HoymilesSensorDescription(
        **_diagnostic(
            "grid_frequency",
            **_measured(SensorDeviceClass.FREQUENCY, UnitOfFrequency.HERTZ, 2),
        ),
        value=_now(lambda reading: reading.inverter.grid_frequency),
    ),
    HoymilesSensorDescription(
        key="operating_status",
        translation_key="operating_status",
        device_class=SensorDeviceClass.ENUM,
        options=["producing", "asleep", "alarm"],
        value=_now(lambda reading: reading.inverter.status),
        attributes=lambda reading: {"code": reading.inverter.operating_status},
    ),
    HoymilesSensorDescription(
        # The bridge has words for a hundred codes, and "code 1234" for those it does not know.
        key="alarm_code",
        translation_key="alarm_code",
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_now(lambda reading: _alarm(reading.inverter)),
        attributes=lambda reading: {"code": reading.inverter.alarm_code},
    ),
    HoymilesSensorDescription(
        **_diagnostic("alarm_count", state_class=SensorStateClass.TOTAL_INCREASING),
        value=lambda reading: reading.inverter.alarm_count,
    ),
    HoymilesSensorDescription(
        **_diagnostic(
            "link_status",
            device_class=SensorDeviceClass.ENUM,
            options=["disconnected", "connected"],
        ),
        value=_now(lambda reading: _link(reading.inverter.link_status)),
        attributes=lambda reading: {"code": reading.inverter.link_status},
    ),
)


def _alarm(inverter: Inverter) -> str | None:
    """Return the bridge's words, which are English; that there is none is said in any language."""
    return "no_alarm" if inverter.alarm_code == 0 else inverter.alarm_text


def _link(code: int | None) -> str | None:
    """Only 0 and other than 0 are known to mean something."""
    if code is None:
        return None
    return "disconnected" if code == 0 else "connected"


def _now_of_port[V](value: Callable[[PortReading], V]) -> Callable[[PortReading], V | None]:
    return lambda reading: value(reading) if reading.current else None


PORT: tuple[HoymilesSensorDescription[PortReading], ...] = (
    HoymilesSensorDescription(
        **_power("pv_power", translation_key="power"),
        value=_now_of_port(lambda reading: reading.port.pv_power),
    ),
    HoymilesSensorDescription(
        **_energy_of_day("today_production"), value=lambda reading: reading.port.today_wh
    ),
    HoymilesSensorDescription(
        **_lifetime_energy("total_production"),
        value=lambda reading: _kwh(reading.port.lifetime_wh),
    ),
    HoymilesSensorDescription(
        **_diagnostic(
            "pv_voltage",
            **_measured(SensorDeviceClass.VOLTAGE, UnitOfElectricPotential.VOLT, 1),
        ),
        value=_now_of_port(lambda reading: reading.port.pv_voltage),
    ),
    HoymilesSensorDescription(
        **_diagnostic(
            "pv_current",
            **_measured(SensorDeviceClass.CURRENT, UnitOfElectricCurrent.AMPERE, 2),
        ),
        value=_now_of_port(lambda reading: reading.port.pv_current),
    ),
)


def _wanted(place: Place[Any], thing: Any) -> Iterable[tuple[HoymilesSensorDescription[Any], bool]]:
    """Tell which sensors a place has, and which of them are needed now."""
    table: tuple[HoymilesSensorDescription[Any], ...]
    match place:
        case BridgePlace():
            table = BRIDGE
        case DtuPlace():
            table = DTU
        case InverterPlace():
            table = INVERTER
        case PortPlace():
            table = PORT
        case _:
            table = ()
    for description in table:
        yield description, not description.optional or description.value(thing) is not None


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HoymilesConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of a bridge."""
    runtime = entry.runtime_data
    async_add_entities(
        [
            UptimeSensor(runtime.coordinator, BridgePlace(f"{identity(entry)}_"), UPTIME),
            *(StatsSensor(runtime.stats, entry, description) for description in STATS),
        ]
    )
    async_add_as_they_come(entry, Platform.SENSOR, async_add_entities, _wanted, HoymilesSensor)


class HoymilesSensor[T](HoymilesEntity[T], SensorEntity):
    """A value of the plant."""

    entity_description: HoymilesSensorDescription[T]

    @property
    @override
    def native_value(self) -> Value:
        """Return the value, unknown where the bridge does not know it."""
        thing = self.thing
        value = None if thing is None else self.entity_description.value(thing)
        # A newer bridge may have learned a word. Unknown is better than an error.
        if self.options is not None and value not in self.options:
            return None
        return value

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what belongs to the value."""
        thing = self.thing
        attributes = self.entity_description.attributes
        return None if thing is None or attributes is None else attributes(thing)


class UptimeSensor(HoymilesEntity[State], SensorEntity):
    """How long the bridge has run."""

    @property
    @override
    def native_value(self) -> int | None:
        """Return the seconds since its start."""
        started = self.coordinator.info.start_time
        return None if started is None else round((dt_util.utcnow() - started).total_seconds())


class StatsSensor(CoordinatorEntity[StatsCoordinator], SensorEntity):
    """How much is stored. While it is disabled, nobody asks."""

    _attr_has_entity_name = True
    entity_description: StatsSensorDescription

    def __init__(
        self,
        coordinator: StatsCoordinator,
        entry: HoymilesConfigEntry,
        description: StatsSensorDescription,
    ) -> None:
        """Belong to the bridge."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{identity(entry)}_{description.key}"
        self._attr_device_info = entry.runtime_data.devices.bridge()

    @override
    async def async_added_to_hass(self) -> None:
        """Ask at once, and not only when the interval has passed."""
        await super().async_added_to_hass()
        await self.coordinator.async_request_refresh()

    @property
    @override
    def available(self) -> bool:
        """Say whether the bridge answers. Its database may still be away."""
        return self.coordinator.config_entry.runtime_data.coordinator.last_update_success

    @property
    @override
    def native_value(self) -> StateType:
        """Return the value, unknown while the database cannot be asked."""
        # Until the first answer there is none, whatever the type says.
        stats: Stats | None = self.coordinator.data
        if stats is None or not self.coordinator.last_update_success:
            return None
        return self.entity_description.value(stats)
