"""Past energy in the statistics: whole, once, and without a step."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.hoymiles_smiles import history as module
from custom_components.hoymiles_smiles.const import DOMAIN
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from .conftest import entity_id, eventually, set_up
from .fake_bridge import FakeBridge, problem

pytestmark = pytest.mark.usefixtures("recorder_mock")

LEVELS = ("plant", "dtu", "inverter", "port")


@pytest.fixture(autouse=True)
def now(bridge: FakeBridge, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The hour after the last one that was captured."""
    now = max(start(point) for point in points(bridge, "plant")) + timedelta(hours=1, minutes=4)
    monkeypatch.setattr(module, "utcnow", lambda: now)
    return now


def start(point: Any) -> datetime:
    return datetime.fromisoformat(point["start"]).astimezone(UTC)


def points(bridge: FakeBridge, by: str, **whose: Any) -> list[Any]:
    for series in bridge.energy[by]["series"]:
        if all(series[key] == value for key, value in whose.items()):
            return series["points"]
    raise AssertionError(f"no series by {by} for {whose}")


async def written(hass: HomeAssistant) -> None:
    """Wait until the recorder has done all that was asked of it."""
    done = hass.loop.create_future()
    get_instance(hass).queue_task(SynchronizeTask(done))
    await done


async def rows(hass: HomeAssistant, statistic_id: str) -> dict[datetime, tuple[float, float]]:
    """What is recorded: the sum and the change of each hour, in kWh."""
    await written(hass)
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        dt_util.utc_from_timestamp(0),
        None,
        {statistic_id},
        "hour",
        {"energy": "kWh"},
        {"sum", "change"},
    )
    return {
        dt_util.utc_from_timestamp(row["start"]): (row["sum"], row["change"])
        for row in found.get(statistic_id, [])
    }


def changes(recorded: dict[datetime, tuple[float, float]]) -> dict[datetime, float]:
    return {at: round(change, 6) for at, (_, change) in recorded.items()}


def booked(of: list[Any]) -> dict[datetime, float]:
    return {start(point): round(point["energy_wh"] / 1000, 6) for point in of}


def plant_id(bridge: FakeBridge) -> str:
    return f"{DOMAIN}:{bridge.info['instance_id'].replace('-', '')}_energy"


async def filled(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait until the run at the start is over."""
    await eventually(lambda: not entry.runtime_data.history._one_at_a_time.locked())
    await written(hass)


async def loaded_with(
    hass: HomeAssistant, entry: MockConfigEntry, **options: str
) -> MockConfigEntry:
    hass.config_entries.async_update_entry(entry, options=options)
    await set_up(hass, entry)
    await filled(hass, entry)
    return entry


async def test_every_hour_of_plant_and_inverters_by_default(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    await loaded_with(hass, entry)
    recorded = await rows(hass, plant_id(bridge))
    assert changes(recorded) == booked(points(bridge, "plant"))
    for inverter in bridge.state["inverters"]:
        serial = inverter["serial_number"]
        recorded = await rows(hass, f"{DOMAIN}:{serial}_energy")
        assert changes(recorded) == booked(points(bridge, "inverter", serial_number=serial))
    ids = await get_instance(hass).async_add_executor_job(list_statistic_ids, hass)
    ours = {row["statistic_id"]: row for row in ids if row["source"] == DOMAIN}
    assert len(ours) == 1 + len(bridge.state["inverters"])
    assert ours[plant_id(bridge)]["statistics_unit_of_measurement"] == "kWh"
    assert ours[plant_id(bridge)]["unit_class"] == "energy"
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(("option", "series"), [("off", 0), ("plant", 1), ("port", None)])
async def test_as_much_as_is_wanted(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry, option: str, series: int | None
) -> None:
    await loaded_with(hass, entry, history=option)
    await hass.async_block_till_done()
    await filled(hass, entry)
    ids = await get_instance(hass).async_add_executor_job(list_statistic_ids, hass)
    ours = [row["statistic_id"] for row in ids if row["source"] == DOMAIN]
    inverters = bridge.state["inverters"]
    everything = 1 + len(inverters) + sum(len(inverter["ports"]) for inverter in inverters)
    assert len(ours) == (everything if series is None else series)
    if option == "port":
        serial = inverters[0]["serial_number"]
        recorded = await rows(hass, f"{DOMAIN}:{serial}_port1_energy")
        assert changes(recorded) == booked(
            points(bridge, "port", serial_number=serial, port_number=1)
        )
    await hass.config_entries.async_unload(entry.entry_id)


async def test_again_changes_nothing_and_a_gap_heals(
    hass: HomeAssistant,
    bridge: FakeBridge,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> None:
    whole = points(bridge, "plant")
    # Home Assistant goes off in the middle of what was captured …
    half = start(whole[len(whole) // 2])
    monkeypatch.setattr(module, "utcnow", lambda: half)
    await loaded_with(hass, entry, history="plant")
    first = await rows(hass, plant_id(bridge))
    assert max(first) < half

    # … and is back: only what is missing is asked for, and a little before it.
    monkeypatch.setattr(module, "utcnow", lambda: now)
    # Meanwhile the bridge has learned better of an hour within reach.
    whole[len(whole) // 2 - 2]["energy_wh"] += 5
    asked = bridge.requests.count("/stats")
    for _ in range(3):
        await entry.runtime_data.history._run()
        assert changes(await rows(hass, plant_id(bridge))) == booked(whole)
    assert bridge.requests.count("/stats") == asked
    await hass.config_entries.async_unload(entry.entry_id)


async def test_an_hour_later_the_hour_is_there(
    hass: HomeAssistant,
    bridge: FakeBridge,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> None:
    whole = points(bridge, "plant")
    last = start(whole[-1])
    monkeypatch.setattr(module, "utcnow", lambda: last + timedelta(minutes=30))
    await loaded_with(hass, entry, history="plant")
    assert last not in await rows(hass, plant_id(bridge))
    monkeypatch.setattr(module, "utcnow", lambda: now)
    real = datetime.now(UTC) + timedelta(hours=1)
    async_fire_time_changed(hass, real.replace(minute=3, second=1, microsecond=0))
    await hass.async_block_till_done()
    await filled(hass, entry)
    assert last in await rows(hass, plant_id(bridge))
    await hass.config_entries.async_unload(entry.entry_id)


async def test_the_past_cannot_be_read_now(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.broken["/api/energy"] = problem(503, "The database is away.")
    await loaded_with(hass, entry)
    assert not await rows(hass, plant_id(bridge))
    bridge.is_back()
    await entry.runtime_data.history._run()
    assert changes(await rows(hass, plant_id(bridge))) == booked(points(bridge, "plant"))
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_bridge_without_a_past(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.stats["oldest_reading"] = None
    await loaded_with(hass, entry)
    assert not await rows(hass, plant_id(bridge))
    with pytest.raises(ServiceValidationError, match="nothing to bring in"):
        await act(hass, entry, "import_history")
    await hass.config_entries.async_unload(entry.entry_id)


async def test_an_inverter_without_a_past_does_not_make_it_read_everything_each_hour(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    series = bridge.energy["inverter"]["series"]
    bridge.energy["inverter"]["series"] = series[1:]
    await loaded_with(hass, entry)
    asked = bridge.requests.count("/stats")
    await entry.runtime_data.history._run()
    assert bridge.requests.count("/stats") == asked
    await hass.config_entries.async_unload(entry.entry_id)


async def test_one_run_at_a_time_and_none_without_an_id(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    await loaded_with(hass, entry, history="plant")
    history = entry.runtime_data.history
    asked = bridge.requests.count("/api/energy")
    async with history._one_at_a_time:
        await history._run()
    hass.config_entries.async_update_entry(entry, unique_id=None)
    await history._run()
    assert bridge.requests.count("/api/energy") == asked
    await hass.config_entries.async_unload(entry.entry_id)


async def act(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> dict[str, int]:
    answer = await hass.services.async_call(
        DOMAIN, name, {"config_entry_id": entry.entry_id}, blocking=True, return_response=True
    )
    return answer["hours"]


async def test_bringing_in_the_past_anew(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    await loaded_with(hass, entry, history="plant")
    # The bridge has recomputed: an hour at the beginning was none, another was more.
    whole = points(bridge, "plant")
    del whole[0]
    whole[0]["energy_wh"] += 100
    hours = await act(hass, entry, "import_history")
    assert hours == {plant_id(bridge): len(whole)}
    assert changes(await rows(hass, plant_id(bridge))) == booked(whole)
    bridge.broken["/api/energy"] = problem(503, "The database is away.")
    with pytest.raises(HomeAssistantError, match="The database is away"):
        await act(hass, entry, "import_history")
    await hass.config_entries.async_unload(entry.entry_id)


def record(hass: HomeAssistant, entity: str, of: list[Any], unit: str) -> None:
    """What the recorder writes of a sensor: its sum begins with 0 in the first hour."""
    factor = 1 if unit == "Wh" else 1000
    total, data = -of[0]["energy_wh"] / 2, []
    for point in of:
        total += point["energy_wh"]
        data.append(
            StatisticData(
                start=start(point),
                state=(point["lifetime_wh"] or 0) / factor,
                sum=total / factor,
            )
        )
    async_import_statistics(
        hass,
        {
            "mean_type": StatisticMeanType.NONE,
            "has_sum": True,
            "name": None,
            "source": "recorder",
            "statistic_id": entity,
            "unit_class": "energy",
            "unit_of_measurement": unit,
        },
        data,
    )


async def test_merging_into_the_sensors(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    """Home Assistant has seen the second half. Afterwards it has all of it, without a step."""
    await loaded_with(hass, entry, history="off")
    inverter = bridge.state["inverters"][0]
    serial, dtu = inverter["serial_number"], bridge.state["dtus"][0]["name"]
    sensors = {
        f"{entry.unique_id}_energy_lifetime": (points(bridge, "plant"), "kWh"),
        f"{entry.unique_id}_dtu_{dtu}_energy_lifetime": (
            points(bridge, "dtu", dtu_name=dtu),
            "kWh",
        ),
        f"{serial}_total_lifetime_production": (
            points(bridge, "inverter", serial_number=serial),
            "Wh",
        ),
        f"{serial}_port1_total_production": (
            points(bridge, "port", serial_number=serial, port_number=1),
            "kWh",
        ),
    }
    entities = {entity_id(hass, "sensor", key): value for key, value in sensors.items()}
    for entity, (of, unit) in entities.items():
        record(hass, entity, of[len(of) // 2 :], unit)
    await written(hass)

    hours = await act(hass, entry, "merge_history")
    assert hours == {entity: len(of) // 2 for entity, (of, _) in entities.items()}
    for entity, (of, _) in entities.items():
        assert changes(await rows(hass, entity)) == booked(of)

    # Once more, by mistake.
    assert set((await act(hass, entry, "merge_history")).values()) == {0}
    for entity, (of, _) in entities.items():
        assert changes(await rows(hass, entity)) == booked(of)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_merging_too_early(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    await loaded_with(hass, entry, history="off")
    with pytest.raises(ServiceValidationError, match="no statistics"):
        await act(hass, entry, "merge_history")
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await act(hass, entry, "merge_history")


async def test_no_request_is_for_more_than_the_bridge_gives(
    hass: HomeAssistant,
    bridge: FakeBridge,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "POINTS_OF_A_CHUNK", 24)
    await loaded_with(hass, entry)
    assert bridge.requests.count("/api/energy") > 4
    assert changes(await rows(hass, plant_id(bridge))) == booked(points(bridge, "plant"))
    await hass.config_entries.async_unload(entry.entry_id)
