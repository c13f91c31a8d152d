"""Repair issues: what somebody has to do something about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.sun import is_up
from homeassistant.util import dt as dt_util

from .client import BridgeTooNew, BridgeTooOld, Dtu
from .const import DOMAIN
from .coordinator import Coordinator

# A router that restarts is over by then.
SILENT_FOR: Final = timedelta(minutes=15)

LOOK_EVERY: Final = timedelta(minutes=1)

# What the bridge calls a DTU that is there but does not let it in: Modbus is switched off.
REFUSED: Final = "connection_refused"

_LEARN_MORE: Final = (
    "https://github.com/hoymiles-smiles/hoymiles-smiles/blob/main/docs/home-assistant.md"
)


def _version_issue(entry: ConfigEntry) -> str:
    return f"version_{entry.entry_id}"


@callback
def async_report_version(
    hass: HomeAssistant, entry: ConfigEntry, error: BridgeTooOld | BridgeTooNew
) -> None:
    """Say that the bridge and this integration do not fit."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _version_issue(entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=("bridge_too_old" if isinstance(error, BridgeTooOld) else "bridge_too_new"),
        translation_placeholders={"host": entry.data[CONF_HOST], "version": error.version},
        learn_more_url=_LEARN_MORE,
    )


@callback
def async_version_is_fine(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take that back."""
    ir.async_delete_issue(hass, DOMAIN, _version_issue(entry))


class Issues:
    """Watches the DTUs of one bridge."""

    def __init__(self, hass: HomeAssistant, coordinator: Coordinator) -> None:
        """Remember whose DTUs these are."""
        self._hass = hass
        self._coordinator = coordinator
        self._entry = coordinator.config_entry
        self._silent_since: dict[str, datetime] = {}

    @callback
    def async_start(self) -> None:
        """Look now and at every update, until the entry is unloaded."""
        self._look()
        self._entry.async_on_unload(self._coordinator.async_add_listener(self._look))
        # While a DTU is silent the bridge may have nothing to tell, but time passes.
        self._entry.async_on_unload(
            async_track_time_interval(self._hass, self._at_interval, LOOK_EVERY)
        )
        self._entry.async_on_unload(self._forget)

    @callback
    def _at_interval(self, _now: datetime) -> None:
        self._look()

    @callback
    def _look(self) -> None:
        if not self._coordinator.last_update_success:
            return
        dtus = self._coordinator.data.dtus
        for name, dtu in dtus.items():
            if self._is_silent_by_day(dtu):
                self._report(dtu)
            elif dtu.answers:
                self._delete(name)
        for name in self._silent_since.keys() - dtus.keys():
            self._delete(name)

    def _is_silent_by_day(self, dtu: Dtu) -> bool:
        """Judge by day only: at night a DTU may be switched off with its inverters."""
        if dtu.answers or dtu.asleep or dtu.phase == "starting":
            self._silent_since.pop(dtu.name, None)
            return False
        since = self._silent_since.setdefault(dtu.name, dtu.last_success or dt_util.utcnow())
        return dt_util.utcnow() - since >= SILENT_FOR and is_up(self._hass)

    def _report(self, dtu: Dtu) -> None:
        failure = dtu.last_failure
        refused = failure is not None and failure.kind == REFUSED
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._id(dtu.name),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="modbus_off" if refused else "dtu_silent",
            translation_placeholders={
                "name": dtu.name,
                "address": dtu.address or "?",
                "error": (failure.text if failure is not None else None) or "?",
            },
            learn_more_url=_LEARN_MORE,
        )

    def _id(self, name: str) -> str:
        return f"dtu_{self._entry.entry_id}_{name}"

    def _delete(self, name: str) -> None:
        self._silent_since.pop(name, None)
        ir.async_delete_issue(self._hass, DOMAIN, self._id(name))

    @callback
    def _forget(self) -> None:
        for name in self._coordinator.data.dtus:
            self._delete(name)
