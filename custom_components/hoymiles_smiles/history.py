"""Past energy as long-term statistics, from the bridge's books.

The bridge keeps every hour for ever, also those in which Home Assistant did not run or did not
exist yet. Two ways lead into the statistics:

* **Statistics of their own** (``hoymiles_smiles:…``), written every hour. Home Assistant does not
  touch them otherwise. Each run starts a little before what is there already and writes it again,
  which changes nothing unless the bridge knows better by now. So gaps heal.
* **Merged into a sensor's own statistics**, when somebody asks for it. These are written by the
  recorder, whose sum starts at 0 with the first hour it has seen. The past is put before that hour
  with a sum from 0, and then everything from that hour on is lifted, so that at its end the sum is
  what the bridge has counted up to there. Merging again finds nothing before the first hour and
  nothing to lift.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    async_add_external_statistics,
    async_import_statistics,
    get_last_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.const import Platform, UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from homeassistant.util.dt import utcnow
from homeassistant.util.unit_conversion import EnergyConverter

from .client import BridgeError, EnergyPoint, EnergySeries
from .const import CONF_HISTORY, DOMAIN, HISTORY_INVERTER, HISTORY_LEVELS, LOGGER
from .coordinator import Coordinator, identity

HOUR: Final = timedelta(hours=1)
# How far back a run writes again what is there: readings that had to wait somewhere, and what was
# booked only when a DTU came back.
OVERLAP: Final = timedelta(hours=48)
# One request covers so much: a month, or less for many series. The bridge gives at most 10,000
# hours of a series and 50,000 of all.
LONGEST_CHUNK: Final = timedelta(days=31)
POINTS_OF_A_CHUNK: Final = 40_000
# A few minutes past the hour its last reading has been booked.
MINUTE: Final = 3

# The sensor that shows the lifetime energy, by what it belongs to.
_LIFETIME_KEYS: Final = {
    "plant": "energy_lifetime",
    "dtu": "energy_lifetime",
    "inverter": "total_lifetime_production",
    "port": "total_production",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose energy a series is."""

    level: str
    """``plant``, ``dtu``, ``inverter`` or ``port``."""
    dtu_name: str | None = None
    serial_number: str | None = None
    port_number: int | None = None

    @classmethod
    def of(cls, level: str, series: EnergySeries) -> Subject:
        """Tell from a series whose it is."""
        match level:
            case "dtu":
                return cls(level, dtu_name=series.dtu_name)
            case "inverter":
                return cls(level, serial_number=series.serial_number)
            case "port":
                return cls(
                    level, serial_number=series.serial_number, port_number=series.port_number
                )
        return cls(level)

    def statistic_id(self, bridge: str) -> str:
        """Return the id of its own statistics: lower case letters, digits, underscores."""
        match self.level:
            case "inverter":
                return f"{DOMAIN}:{self.serial_number}_energy".lower()
            case "port":
                return f"{DOMAIN}:{self.serial_number}_port{self.port_number}_energy".lower()
        return f"{DOMAIN}:{bridge.replace('-', '')}_energy".lower()

    def unique_id(self, bridge: str) -> str:
        """Return the unique id of the sensor that shows its lifetime energy."""
        key = _LIFETIME_KEYS[self.level]
        match self.level:
            case "dtu":
                return f"{bridge}_dtu_{self.dtu_name}_{key}"
            case "inverter":
                return f"{self.serial_number}_{key}"
            case "port":
                return f"{self.serial_number}_port{self.port_number}_{key}"
        return f"{bridge}_{key}"

    @property
    def name(self) -> str:
        """What people see in the list of statistics."""
        match self.level:
            case "inverter":
                return f"Hoymiles {self.serial_number} energy"
            case "port":
                return f"Hoymiles {self.serial_number} PV {self.port_number} energy"
        return "Hoymiles S-Miles energy"


type Hours = Mapping[Subject, list[EnergyPoint]]


class History:
    """Brings the past energy of one bridge into the statistics."""

    def __init__(self, hass: HomeAssistant, coordinator: Coordinator) -> None:
        """Remember whom to ask."""
        self._hass = hass
        self._coordinator = coordinator
        self._entry = coordinator.config_entry
        self._client = coordinator.client
        self._one_at_a_time = asyncio.Lock()
        self._read_whole: set[Subject] = set()
        """Whose past was read from its beginning, since this was loaded."""

    @property
    def _levels(self) -> tuple[str, ...]:
        return HISTORY_LEVELS[self._entry.options.get(CONF_HISTORY, HISTORY_INVERTER)]

    @property
    def _bridge(self) -> str:
        return identity(self._entry)

    @callback
    def async_start(self) -> None:
        """Fill what is missing now, and after every hour, until the entry is unloaded."""
        if not self._levels or "recorder" not in self._hass.config.components:
            return
        self._entry.async_create_background_task(
            self._hass, self._run(), f"{DOMAIN} history of {self._entry.title}"
        )
        self._entry.async_on_unload(
            async_track_utc_time_change(self._hass, self._every_hour, minute=MINUTE, second=0)
        )

    async def _every_hour(self, _now: datetime) -> None:
        await self._run()

    async def _run(self) -> None:
        """Fill what is missing, unless that is under way. What fails is made up for next hour."""
        if self._one_at_a_time.locked() or self._entry.unique_id is None:
            # The statistics carry the bridge's own id, which it may not know yet.
            return
        async with self._one_at_a_time:
            try:
                for level in self._levels:
                    await self._fill(level)
            except BridgeError as error:
                LOGGER.debug("The past cannot be read now: %s", error)

    # Statistics of their own

    async def import_all(self) -> dict[str, int]:
        """Write all there is anew, and return how many hours each statistic has.

        Raises the errors of the client.
        """
        async with self._one_at_a_time:
            return await self._import_all()

    async def _import_all(self) -> dict[str, int]:
        written: dict[str, int] = {}
        for level in self._levels:
            hours = await self._all_hours(level)
            # What the bridge does not count any more must not stay.
            get_instance(self._hass).async_clear_statistics(
                [subject.statistic_id(self._bridge) for subject in hours]
            )
            for subject, points in hours.items():
                written[self._write(subject, points, 0.0)] = len(points)
        return written

    async def _fill(self, level: str) -> None:
        """Write what the statistics of one level lack."""
        anchors = {subject: await self._anchor(subject) for subject in self._subjects(level)}
        known = {subject: anchor for subject, anchor in anchors.items() if anchor is not None}
        # What has no statistics although its whole past was read has no past.
        if known and anchors.keys() <= known.keys() | self._read_whole:
            hours = await self._hours(level, min(anchor.start for anchor in known.values()))
        else:
            hours = await self._all_hours(level)
            self._read_whole |= anchors.keys()
        for subject, points in hours.items():
            anchor = known.get(subject, _NOTHING)
            self._write(
                subject,
                [point for point in points if point.start > anchor.start],
                anchor.sum_wh,
            )

    def _subjects(self, level: str) -> list[Subject]:
        """Return whose series there should be."""
        inverters = self._coordinator.data.inverters.values()
        match level:
            case "dtu":
                return [Subject(level, dtu_name=name) for name in self._coordinator.data.dtus]
            case "inverter":
                return [Subject(level, serial_number=i.serial_number) for i in inverters]
            case "port":
                return [
                    Subject(level, serial_number=i.serial_number, port_number=number)
                    for i in inverters
                    for number in i.ports
                ]
        return [Subject(level)]

    async def _anchor(self, subject: Subject) -> _Anchor | None:
        """Return the hour after which a run writes, none if nothing is there."""
        statistic_id = subject.statistic_id(self._bridge)
        last = await self._recorded(
            get_last_statistics, self._hass, 1, statistic_id, False, {"sum"}
        )
        if not last.get(statistic_id):
            return None
        newest = _start(last[statistic_id][0])
        rows = await self._rows(statistic_id, newest - OVERLAP, newest + HOUR)
        return _Anchor(_start(rows[0]), (rows[0].get("sum") or 0.0) * 1000)

    def _write(self, subject: Subject, points: Iterable[EnergyPoint], sum_wh: float) -> str:
        statistic_id = subject.statistic_id(self._bridge)
        rows = list(_rows_of(points, sum_wh, _kwh))
        if rows:
            async_add_external_statistics(
                self._hass,
                StatisticMetaData(
                    mean_type=StatisticMeanType.NONE,
                    has_sum=True,
                    name=subject.name,
                    source=DOMAIN,
                    statistic_id=statistic_id,
                    unit_class=EnergyConverter.UNIT_CLASS,
                    unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
                ),
                rows,
            )
        return statistic_id

    # The sensors' own statistics

    async def merge(self) -> dict[str, int]:
        """Put the past before the sensors' own statistics, and return how many hours each got.

        Sensors without a full hour of their own are left out: there is nothing to join yet.
        Raises the errors of the client.
        """
        async with self._one_at_a_time:
            return await self._merge()

    async def _merge(self) -> dict[str, int]:
        registry = er.async_get(self._hass)
        merged: dict[str, int] = {}
        for level in _LIFETIME_KEYS:
            hours: Hours | None = None
            for subject in self._subjects(level):
                entity_id = registry.async_get_entity_id(
                    Platform.SENSOR, DOMAIN, subject.unique_id(self._bridge)
                )
                if entity_id is None or (first := await self._first_hour(entity_id)) is None:
                    continue
                if hours is None:
                    hours = await self._all_hours(level)
                merged[entity_id] = await self._join(entity_id, first, hours.get(subject, []))
        return merged

    async def _first_hour(self, entity_id: str) -> StatisticsRow | None:
        rows = await self._rows(entity_id, dt_util.utc_from_timestamp(0), utcnow())
        return rows[0] if rows else None

    async def _join(self, entity_id: str, first: StatisticsRow, points: list[EnergyPoint]) -> int:
        start = _start(first)
        before = [point for point in points if point.start < start]
        if not before:
            return 0
        metadata = await self._recorded(get_metadata, self._hass, statistic_ids={entity_id})
        unit = metadata[entity_id][1]["unit_of_measurement"] or UnitOfEnergy.KILO_WATT_HOUR
        in_unit = EnergyConverter.converter_factory(UnitOfEnergy.WATT_HOUR, unit)
        async_import_statistics(
            self._hass, metadata[entity_id][1], list(_rows_of(before, 0.0, in_unit))
        )
        counted = in_unit(sum(point.energy_wh for point in points if point.start <= start))
        recorded = EnergyConverter.convert(
            first.get("sum") or 0.0, UnitOfEnergy.KILO_WATT_HOUR, unit
        )
        get_instance(self._hass).async_adjust_statistics(entity_id, start, counted - recorded, unit)
        return len(before)

    # The bridge's books, and the recorder's

    async def _all_hours(self, level: str) -> dict[Subject, list[EnergyPoint]]:
        oldest = (await self._client.stats()).oldest_reading
        return {} if oldest is None else await self._hours(level, oldest)

    async def _hours(self, level: str, since: datetime) -> dict[Subject, list[EnergyPoint]]:
        """Return the hours that are over, ascending, in as many requests as that takes."""
        hours: dict[Subject, list[EnergyPoint]] = {}
        start, end = self._full_hour(since), self._full_hour(utcnow())
        fitting = timedelta(hours=POINTS_OF_A_CHUNK // max(len(self._subjects(level)), 1))
        while start < end:
            until = min(start + min(fitting, LONGEST_CHUNK), end)
            for series in await self._client.hourly_energy(start, until, level):
                hours.setdefault(Subject.of(level, series), []).extend(series.points)
            start = until
        return hours

    def _full_hour(self, at: datetime) -> datetime:
        """Return when the plant's hour began, which is not UTC's in zones half an hour off."""
        zone = dt_util.get_time_zone(self._coordinator.info.time_zone)
        return dt_util.as_utc(at.astimezone(zone).replace(minute=0, second=0, microsecond=0))

    async def _rows(self, statistic_id: str, start: datetime, end: datetime) -> list[StatisticsRow]:
        """Return recorded hours, their sums in kWh."""
        found = await self._recorded(
            statistics_during_period,
            self._hass,
            start,
            end,
            {statistic_id},
            "hour",
            {"energy": UnitOfEnergy.KILO_WATT_HOUR},
            {"sum"},
        )
        return found.get(statistic_id, [])

    async def _recorded[R](self, read: Callable[..., R], *arguments: object, **named: object) -> R:
        """Read from the database of the recorder, after all that was asked of it up to now."""
        recorder = get_instance(self._hass)
        # Its own way to wait does not wait for a task that is being worked on.
        done = self._hass.loop.create_future()
        recorder.queue_task(SynchronizeTask(done))
        await done
        return await recorder.async_add_executor_job(lambda: read(*arguments, **named))


@dataclass(frozen=True, slots=True)
class _Anchor:
    """An hour that is recorded, and the sum at its end."""

    start: datetime
    sum_wh: float


_NOTHING: Final = _Anchor(dt_util.utc_from_timestamp(0), 0.0)


def _rows_of(
    points: Iterable[EnergyPoint], sum_wh: float, in_unit: Callable[[float], float]
) -> Iterator[StatisticData]:
    for point in points:
        sum_wh += point.energy_wh
        row = StatisticData(start=point.start, sum=in_unit(sum_wh))
        if point.lifetime_wh is not None:
            row["state"] = in_unit(point.lifetime_wh)
        yield row


def _kwh(energy_wh: float) -> float:
    return energy_wh / 1000


def _start(row: StatisticsRow) -> datetime:
    return dt_util.utc_from_timestamp(row["start"])
