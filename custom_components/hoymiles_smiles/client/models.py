"""The shapes of the bridge's answers, as far as this client uses them.

Power is in W, energy in Wh, times carry their zone. What the bridge does not know is ``None``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from .fields import Json, count, flag, moment, number, objects, record, records, text, texts


@dataclass(frozen=True, slots=True)
class Info:
    """Who a bridge is (``/api/info``)."""

    instance_id: str | None
    """Its identity wherever it moves; none until it first reached its database."""
    name: str
    version: str
    api_version: int
    start_time: datetime | None
    time_zone: str
    demo: bool
    poll_intervals: dict[str, float]
    """Seconds between two polls, by the name of the DTU."""
    capabilities: frozenset[str]

    @classmethod
    def parse(cls, raw: Json) -> Self | None:
        """Read an answer; none if no bridge gives such an answer."""
        api_version = count(raw, "api_version")
        version = text(raw, "version")
        if api_version is None or version is None:
            return None
        return cls(
            instance_id=text(raw, "instance_id"),
            name=text(raw, "name") or "Hoymiles S-Miles",
            version=version,
            api_version=api_version,
            start_time=moment(raw, "start_time"),
            time_zone=text(raw, "time_zone") or "UTC",
            demo=flag(raw, "demo"),
            poll_intervals=dict(_poll_intervals(raw)),
            capabilities=frozenset(texts(raw, "capabilities")),
        )


def _poll_intervals(raw: Json) -> Iterator[tuple[str, float]]:
    for dtu in records(raw, "dtus"):
        name, seconds = text(dtu, "name"), number(dtu, "poll_interval_seconds")
        if name is not None and seconds is not None:
            yield name, seconds


@dataclass(frozen=True, slots=True)
class Plant:
    """Everything at one site at a glance (``/api/plant``)."""

    time: datetime | None
    state: str | None
    """``starting``, ``producing``, ``idle``, ``asleep`` or ``offline``."""
    power_w: float | None
    energy_today_wh: float | None
    energy_month_wh: float | None
    energy_year_wh: float | None
    energy_lifetime_wh: float | None
    peak_today_w: float | None
    peak_today_at: datetime | None
    inverters_known: int | None
    inverters_reporting: int | None
    inverters_asleep: int | None
    last_reading_at: datetime | None
    verdict: str | None
    """``ok``, ``degraded`` or ``failed``."""
    reasons: tuple[str, ...]
    """What is wrong, in sentences."""

    @classmethod
    def parse(cls, raw: Json) -> Self:
        """Read an answer."""
        inverters = record(raw, "inverters")
        verdict = record(raw, "verdict")
        return cls(
            time=moment(raw, "time"),
            state=text(raw, "state"),
            power_w=number(raw, "power_w"),
            energy_today_wh=number(raw, "energy_today_wh"),
            energy_month_wh=number(raw, "energy_month_wh"),
            energy_year_wh=number(raw, "energy_year_wh"),
            energy_lifetime_wh=number(raw, "energy_lifetime_wh"),
            peak_today_w=number(raw, "peak_today_w"),
            peak_today_at=moment(raw, "peak_today_at"),
            inverters_known=count(inverters, "known"),
            inverters_reporting=count(inverters, "reporting"),
            inverters_asleep=count(inverters, "asleep"),
            last_reading_at=moment(raw, "last_reading_at"),
            verdict=text(verdict, "status"),
            reasons=texts(verdict, "reasons"),
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a poll failed."""

    at: datetime | None
    kind: str | None
    """One word: ``connection_refused``, ``timeout``, …"""
    text: str | None

    @classmethod
    def parse(cls, raw: Json) -> Self | None:
        """Read a failure, if there is one."""
        if not raw:
            return None
        return cls(moment(raw, "at"), text(raw, "kind"), text(raw, "text"))


@dataclass(frozen=True, slots=True)
class Dtu:
    """One gateway (``/api/dtus``)."""

    name: str
    protocol: str | None
    address: str | None
    serial_number: str | None
    model: str | None
    firmware: str | None
    phase: str | None
    """``starting``, ``online``, ``failing``, ``standby`` or ``asleep``."""
    status_text: str | None
    last_success: datetime | None
    last_failure: Failure | None
    response_seconds: float | None
    query_count: int | None
    error_count: int | None
    error_rate: float | None
    power_w: float | None
    energy_today_wh: float | None
    energy_lifetime_wh: float | None
    inverters_known: int | None
    stale: bool

    @classmethod
    def parse(cls, raw: Json) -> Self | None:
        """Read one element; none without a name."""
        name = text(raw, "name")
        if name is None:
            return None
        return cls(
            name=name,
            protocol=text(raw, "protocol"),
            address=text(raw, "address"),
            serial_number=text(raw, "serial_number"),
            model=text(raw, "model"),
            firmware=text(raw, "firmware"),
            phase=text(raw, "phase"),
            status_text=text(raw, "status_text"),
            last_success=moment(raw, "last_success"),
            last_failure=Failure.parse(record(raw, "last_failure")),
            response_seconds=number(raw, "response_seconds"),
            query_count=count(raw, "query_count"),
            error_count=count(raw, "error_count"),
            error_rate=number(raw, "error_rate"),
            power_w=number(raw, "power_w"),
            energy_today_wh=number(raw, "energy_today_wh"),
            energy_lifetime_wh=number(raw, "energy_lifetime_wh"),
            inverters_known=count(record(raw, "inverters"), "known"),
            stale=flag(raw, "stale"),
        )

    @property
    def answers(self) -> bool:
        """Whether it is polled with success, by this bridge or by the one it stands by for."""
        return self.phase in ("online", "standby") and not self.stale

    @property
    def asleep(self) -> bool:
        """Whether it is off with the sun, as a DTU inside an inverter is at night."""
        return self.phase == "asleep"


@dataclass(frozen=True, slots=True)
class Port:
    """One PV input of an inverter as of now."""

    number: int
    name: str | None
    """What its panel is called, if somebody has named it."""
    pv_voltage: float | None
    pv_current: float | None
    pv_power: float | None
    today_wh: float | None
    lifetime_wh: float | None
    stale: bool

    @classmethod
    def parse(cls, raw: Json) -> Self | None:
        """Read one element; none without a number."""
        port_number = count(raw, "port_number")
        if port_number is None:
            return None
        return cls(
            number=port_number,
            name=text(raw, "name"),
            pv_voltage=number(raw, "pv_voltage"),
            pv_current=number(raw, "pv_current"),
            pv_power=number(raw, "pv_power"),
            today_wh=number(raw, "today_production"),
            lifetime_wh=number(raw, "total_production"),
            stale=flag(raw, "stale"),
        )


@dataclass(frozen=True, slots=True)
class Inverter:
    """One microinverter as of now (``/api/inverters``)."""

    serial_number: str
    dtu_name: str | None
    family: str | None
    """``HM``, ``HMS``, …, as far as the serial number tells."""
    last_seen: datetime | None
    grid_voltage: float | None
    grid_frequency: float | None
    temperature: float | None
    operating_status: int | None
    link_status: int | None
    alarm_code: int | None
    alarm_count: int | None
    alarm_text: str | None
    status: str | None
    """``producing``, ``asleep`` or ``alarm``."""
    active_power: float | None
    reactive_power: float | None
    power_factor: float | None
    pv_power: float | None
    stale: bool
    retired: bool
    ports: dict[int, Port]

    @classmethod
    def parse(cls, raw: Json) -> Self | None:
        """Read one element; none without a serial number."""
        serial = text(raw, "serial_number")
        if serial is None:
            return None
        ports = (Port.parse(port) for port in records(raw, "ports"))
        return cls(
            serial_number=serial,
            dtu_name=text(raw, "dtu_name"),
            family=text(raw, "inverter_type"),
            last_seen=moment(raw, "last_seen"),
            grid_voltage=number(raw, "grid_voltage"),
            grid_frequency=number(raw, "grid_frequency"),
            temperature=number(raw, "temperature"),
            operating_status=count(raw, "operating_status"),
            link_status=count(raw, "link_status"),
            alarm_code=count(raw, "alarm_code"),
            alarm_count=count(raw, "alarm_count"),
            alarm_text=text(raw, "alarm_text"),
            status=text(raw, "status"),
            active_power=number(raw, "active_power"),
            reactive_power=number(raw, "reactive_power"),
            power_factor=number(raw, "power_factor"),
            pv_power=number(raw, "pv_power"),
            stale=flag(raw, "stale"),
            retired=flag(raw, "retired"),
            ports={port.number: port for port in ports if port is not None},
        )

    @property
    def asleep(self) -> bool:
        """Whether the sun has left it, or somebody switched it off."""
        return self.status == "asleep"

    @property
    def today_wh(self) -> float | None:
        """Energy since local midnight: none while that of a port is not known."""
        return _sum(port.today_wh for port in self.ports.values())

    @property
    def lifetime_wh(self) -> float | None:
        """Energy since it began to count: none while that of a port is not known."""
        return _sum(port.lifetime_wh for port in self.ports.values())


def _sum(values: Iterator[float | None]) -> float | None:
    """Add up, but never with a member missing: such a sum would fall and rise again."""
    known = list(values)
    if not known or any(value is None for value in known):
        return None
    return sum(value for value in known if value is not None)


@dataclass(frozen=True, slots=True)
class BridgeEvent:
    """Something that happened (``/api/events``)."""

    kind: str
    subject: str
    inverter: str | None
    dtu: str | None
    started_at: datetime | None
    ended_at: datetime | None
    """None while it lasts, and equal to ``started_at`` for an instant."""
    text: str | None

    @classmethod
    def parse(cls, raw: Json) -> Self | None:
        """Read one element; none without a kind and a subject."""
        kind, subject = text(raw, "kind"), text(raw, "subject")
        if kind is None or subject is None:
            return None
        return cls(
            kind=kind,
            subject=subject,
            inverter=text(raw, "inverter"),
            dtu=text(raw, "dtu"),
            started_at=moment(raw, "started_at"),
            ended_at=moment(raw, "ended_at"),
            text=text(raw, "text"),
        )


@dataclass(frozen=True, slots=True)
class Stats:
    """How much is stored (``/stats``)."""

    database_size_bytes: int | None
    production_cache_entries: int | None
    oldest_reading: datetime | None

    @classmethod
    def parse(cls, raw: Json) -> Self:
        """Read an answer."""
        return cls(
            database_size_bytes=count(raw, "database_size_bytes"),
            production_cache_entries=count(raw, "production_cache_entries"),
            oldest_reading=moment(raw, "oldest_reading"),
        )


@dataclass(frozen=True, slots=True)
class EnergyPoint:
    """The energy of one hour, day, month or year."""

    start: datetime
    energy_wh: float
    lifetime_wh: float | None
    """The accounted lifetime at the end."""


@dataclass(frozen=True, slots=True)
class EnergySeries:
    """The energy of one thing over time (``/api/energy``)."""

    dtu_name: str | None
    serial_number: str | None
    port_number: int | None
    points: tuple[EnergyPoint, ...]

    @classmethod
    def parse_all(cls, raw: Json) -> list[Self]:
        """Read an answer. Points without a start or an energy say nothing."""
        return [
            cls(
                dtu_name=text(series, "dtu_name"),
                serial_number=text(series, "serial_number"),
                port_number=count(series, "port_number"),
                points=tuple(_points(series)),
            )
            for series in records(raw, "series")
        ]


def _points(series: Json) -> Iterator[EnergyPoint]:
    for point in records(series, "points"):
        start, energy_wh = moment(point, "start"), number(point, "energy_wh")
        if start is not None and energy_wh is not None:
            yield EnergyPoint(start, energy_wh, number(point, "lifetime_wh"))


def dtus(value: Any) -> dict[str, Dtu]:
    """Read a list of DTUs."""
    parsed = (Dtu.parse(raw) for raw in objects(value))
    return {dtu.name: dtu for dtu in parsed if dtu is not None}


def inverters(value: Any) -> dict[str, Inverter]:
    """Read a list of inverters."""
    parsed = (Inverter.parse(raw) for raw in objects(value))
    return {inverter.serial_number: inverter for inverter in parsed if inverter is not None}
