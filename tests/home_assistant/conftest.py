"""What every test of the integration has: Home Assistant, and a bridge."""

import asyncio
from collections.abc import AsyncIterator, Callable
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

# Before Home Assistant starts, or it finds the test plugin's own custom_components instead.
import custom_components.hoymiles_smiles  # noqa: F401
from custom_components.hoymiles_smiles import coordinator
from custom_components.hoymiles_smiles.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .fake_bridge import FakeBridge

# The test plugin has every SQL statement logged, which takes longer than the statements.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
def _our_integration(request: pytest.FixtureRequest) -> None:
    # The recorder must be there before Home Assistant is.
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
    request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
async def bridge(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeBridge]:
    """A bridge that is there, and retries that do not wait."""
    monkeypatch.setattr(coordinator, "RETRIES", (0.0,))
    monkeypatch.setattr(coordinator, "FIRST_MESSAGE_WITHIN", 0.3)
    fake = FakeBridge()
    await fake.server.start_server()
    yield fake
    fake.end_streams()
    await fake.server.close()


@pytest.fixture
def entry(hass: HomeAssistant, bridge: FakeBridge) -> MockConfigEntry:
    """A config entry for the bridge, not set up yet."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Hoymiles S-Miles",
        unique_id=bridge.info["instance_id"],
        data={"host": "127.0.0.1", "port": bridge.port, "ssl": False},
        version=2,
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def loaded(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> AsyncIterator[MockConfigEntry]:
    """A config entry that is set up and follows the stream."""
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    await eventually(lambda: entry.runtime_data.coordinator.streaming)
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def eventually(look: Callable[[], Any]) -> Any:
    """Wait for what comes over a socket."""
    async with asyncio.timeout(10):
        while not (seen := look()):
            await asyncio.sleep(0.01)
    return seen


def entity_id(hass: HomeAssistant, platform: str, unique_id: str) -> str:
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)
    assert found is not None, f"{platform} {unique_id} is not registered"
    return found


def shown(hass: HomeAssistant, platform: str, unique_id: str) -> str:
    """The state of an entity."""
    state = hass.states.get(entity_id(hass, platform, unique_id))
    assert state is not None, f"{platform} {unique_id} has no state"
    return state.state
