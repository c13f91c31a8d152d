"""Repair issues: only what somebody has to do something about."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.hoymiles_smiles import issues as module
from custom_components.hoymiles_smiles.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .conftest import eventually
from .fake_bridge import FakeBridge, captured


def keys(hass: HomeAssistant) -> dict[str, Any]:
    return {
        issue.translation_key: issue.translation_placeholders
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
    }


@pytest.fixture
def sun(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """The sun, which is up unless a test says so."""
    sun = {"is_up": True}
    monkeypatch.setattr(module, "is_up", lambda _: sun["is_up"])
    return sun


def outage(kind: str, minutes: float) -> Any:
    state = captured("state_outage")
    for dtu in state["dtus"]:
        if dtu["phase"] == "failing":
            dtu["last_failure"]["kind"] = kind
            last = dt_util.utcnow() - timedelta(minutes=minutes)
            dtu["last_success"] = last.isoformat()
    return state


@pytest.mark.parametrize(
    ("kind", "issue"), [("connection_refused", "modbus_off"), ("timeout", "dtu_silent")]
)
async def test_a_dtu_that_is_silent_by_day(
    hass: HomeAssistant,
    bridge: FakeBridge,
    sun: dict[str, bool],
    loaded: MockConfigEntry,
    kind: str,
    issue: str,
) -> None:
    sent = outage(kind, minutes=16)
    silent = next(dtu for dtu in sent["dtus"] if dtu["phase"] == "failing")
    bridge.send("state", sent)
    await eventually(lambda: list(keys(hass)) == [issue])
    assert keys(hass)[issue] == {
        "name": silent["name"],
        "address": silent["address"],
        "error": silent["last_failure"]["text"],
    }
    bridge.send("state", captured("state_day"))
    await eventually(lambda: not keys(hass))


async def test_silence_at_night_and_for_a_moment_is_none(
    hass: HomeAssistant, bridge: FakeBridge, sun: dict[str, bool], loaded: MockConfigEntry
) -> None:
    sun["is_up"] = False
    coordinator = loaded.runtime_data.coordinator
    bridge.send("state", outage("timeout", minutes=600))
    await eventually(lambda: any(dtu.phase == "failing" for dtu in coordinator.data.dtus.values()))
    assert not keys(hass)
    # The sun rises, and nothing is told but the time.
    sun["is_up"] = True
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    await eventually(lambda: list(keys(hass)) == ["dtu_silent"])

    bridge.send("state", captured("state_day"))
    await eventually(lambda: not keys(hass))
    bridge.send("state", outage("timeout", minutes=5))
    await eventually(lambda: any(dtu.phase == "failing" for dtu in coordinator.data.dtus.values()))
    assert not keys(hass)


async def test_an_issue_goes_with_its_dtu_and_with_the_entry(
    hass: HomeAssistant, bridge: FakeBridge, sun: dict[str, bool], loaded: MockConfigEntry
) -> None:
    bridge.send("state", outage("timeout", minutes=16))
    await eventually(lambda: keys(hass))
    without = captured("state_outage")
    without["dtus"] = [dtu for dtu in without["dtus"] if dtu["phase"] != "failing"]
    bridge.send("state", without)
    await eventually(lambda: not keys(hass))

    bridge.send("state", outage("timeout", minutes=16))
    await eventually(lambda: keys(hass))
    await hass.config_entries.async_unload(loaded.entry_id)
    assert not keys(hass)


async def test_no_judgement_while_the_bridge_is_gone(
    hass: HomeAssistant, bridge: FakeBridge, sun: dict[str, bool], loaded: MockConfigEntry
) -> None:
    bridge.is_gone()
    coordinator = loaded.runtime_data.coordinator
    await eventually(lambda: not coordinator.last_update_success)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(hours=1))
    await hass.async_block_till_done(wait_background_tasks=False)
    assert not keys(hass)
