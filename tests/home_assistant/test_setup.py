"""A config entry is set up, fails with words, recovers, and goes."""

from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.hoymiles_smiles import async_remove_config_entry_device
from custom_components.hoymiles_smiles.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .conftest import entity_id, eventually, set_up, shown
from .fake_bridge import FakeBridge, problem


async def test_it_is_set_up_and_unloaded(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    power = entity_id(hass, "sensor", f"{loaded.unique_id}_power")
    assert float(hass.states.get(power).state) == bridge.state["plant"]["power_w"]

    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert loaded.state is ConfigEntryState.NOT_LOADED
    assert hass.states.get(power).state == "unavailable"
    # The stream is let go.
    await eventually(lambda: not bridge.streams or bridge.end_streams())


@pytest.mark.parametrize(
    ("path", "answer", "state", "reason"),
    [
        ("/api/info", problem(500, "No."), ConfigEntryState.SETUP_RETRY, "cannot be reached"),
        ("/api/info", problem(503, "Soon."), ConfigEntryState.SETUP_RETRY, "just started: Soon."),
        ("/api/state", problem(503, "Soon."), ConfigEntryState.SETUP_RETRY, "just started: Soon."),
        ("/api/info", problem(401, "Who?"), ConfigEntryState.SETUP_ERROR, "wants a token"),
    ],
)
async def test_what_keeps_it_from_being_set_up(
    hass: HomeAssistant,
    bridge: FakeBridge,
    entry: MockConfigEntry,
    path: str,
    answer: object,
    state: ConfigEntryState,
    reason: str,
) -> None:
    bridge.health = {}
    bridge.broken[path] = answer
    await set_up(hass, entry)
    assert entry.state is state
    assert reason in entry.reason

    bridge.is_back()
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_wrong_token_is_asked_for(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.token = "secret"
    await set_up(hass, entry)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


async def test_a_bridge_that_is_too_old_is_a_repair_issue(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.broken["/api/info"] = problem(404, "Nothing here.")
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert "2.0.0" in entry.reason
    issues = ir.async_get(hass).issues
    assert [(issue.translation_key) for issue in issues.values()] == ["bridge_too_old"]

    bridge.is_back()
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert not issues
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_bridge_that_is_too_new_is_a_repair_issue(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.info["api_version"] = 2
    await set_up(hass, entry)
    assert [issue.translation_key for issue in ir.async_get(hass).issues.values()] == [
        "bridge_too_new"
    ]


async def test_another_bridge_at_the_address_is_refused(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.info["instance_id"] = "00000000-0000-0000-0000-000000000000"
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert "Another bridge" in entry.reason


async def test_an_id_that_becomes_known_later_is_adopted(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    instance_id, bridge.info["instance_id"] = bridge.info["instance_id"], None
    hass.config_entries.async_update_entry(entry, unique_id=None)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    power = entity_id(hass, "sensor", f"{entry.entry_id}_power")
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )

    # Asking in vain, and then not.
    bridge.broken["/api/info"] = problem(503, "Soon.")
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    await eventually(lambda: bridge.requests[-1] == "/api/info")
    await hass.async_block_till_done(wait_background_tasks=False)
    bridge.is_back()
    bridge.info["instance_id"] = instance_id
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=122))
    await eventually(lambda: entry.unique_id == instance_id)
    await eventually(lambda: entry.state is ConfigEntryState.LOADED)

    assert entity_id(hass, "sensor", f"{instance_id}_power") == power
    assert dr.async_get(hass).async_get(device.id).identifiers == {(DOMAIN, instance_id)}
    await hass.config_entries.async_unload(entry.entry_id)


async def test_the_same_bridge_is_not_set_up_twice(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    second = MockConfigEntry(
        domain=DOMAIN, unique_id=None, data={"host": "127.0.0.1", "port": bridge.port}, version=2
    )
    second.add_to_hass(hass)
    await set_up(hass, second)
    assert second.state is ConfigEntryState.SETUP_ERROR
    assert "twice" in second.reason


async def test_only_devices_that_are_gone_can_be_removed(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    registry = dr.async_get(hass)
    present = dr.async_entries_for_config_entry(registry, loaded.entry_id)
    for device in present:
        assert not await async_remove_config_entry_device(hass, loaded, device)
    stale = registry.async_get_or_create(
        config_entry_id=loaded.entry_id, identifiers={(DOMAIN, "116199999999")}
    )
    assert await async_remove_config_entry_device(hass, loaded, stale)


async def test_the_setup_works_at_night(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.state["plant"]["state"] = "starting"
    bridge.state["plant"]["power_w"] = None
    bridge.state["inverters"] = []
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert shown(hass, "sensor", f"{entry.unique_id}_power") == "unknown"
    await hass.config_entries.async_unload(entry.entry_id)
