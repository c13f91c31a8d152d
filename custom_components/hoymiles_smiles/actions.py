"""Actions that people call once: bring the past in anew, or into the sensors' own statistics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import probatio

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import service

from .client import BridgeError
from .const import DOMAIN
from .coordinator import HoymilesConfigEntry
from .history import History

IMPORT_HISTORY: Final = "import_history"
MERGE_HISTORY: Final = "merge_history"

SCHEMA: Final = probatio.Schema({probatio.Required(ATTR_CONFIG_ENTRY_ID): str})

type Work = Callable[[History], Awaitable[dict[str, int]]]


@callback
def async_register_actions(hass: HomeAssistant) -> None:
    """Register them for the life of Home Assistant."""

    def register(name: str, work: Work) -> None:
        async def act(call: ServiceCall) -> ServiceResponse:
            return {"hours": dict(await _done(hass, call, work))}

        hass.services.async_register(
            DOMAIN, name, act, SCHEMA, supports_response=SupportsResponse.OPTIONAL
        )

    register(IMPORT_HISTORY, History.import_all)
    register(MERGE_HISTORY, History.merge)


async def _done(hass: HomeAssistant, call: ServiceCall, work: Work) -> dict[str, int]:
    entry: HoymilesConfigEntry = service.async_get_config_entry(
        hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID]
    )
    if "recorder" not in hass.config.components:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_recorder")
    try:
        hours = await work(entry.runtime_data.history)
    except BridgeError as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="history_unreadable",
            translation_placeholders={"error": str(error)},
        ) from error
    if not hours:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_history")
    return hours
