"""Names that more than one module needs."""

import logging
from typing import Final

DOMAIN: Final = "hoymiles_smiles"
LOGGER: Final = logging.getLogger(__package__)

DEFAULT_PORT: Final = 8080
MANUFACTURER: Final = "Hoymiles"

# Option: whose past energy goes into statistics of its own.
CONF_HISTORY: Final = "history"
HISTORY_OFF: Final = "off"
HISTORY_PLANT: Final = "plant"
HISTORY_INVERTER: Final = "inverter"
HISTORY_PORT: Final = "port"
HISTORY_LEVELS: Final = {
    HISTORY_OFF: (),
    HISTORY_PLANT: ("plant",),
    HISTORY_INVERTER: ("plant", "inverter"),
    HISTORY_PORT: ("plant", "inverter", "port"),
}
