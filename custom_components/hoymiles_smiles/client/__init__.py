"""A client of the Hoymiles S-Miles bridge.

Free of Home Assistant: it needs aiohttp and nothing else.

    async with aiohttp.ClientSession() as session:
        bridge = Client(session, "192.168.1.20")
        info = await bridge.info()
        async for message in bridge.stream():
            ...

``rest`` asks and answers, ``sse`` reads the stream, ``models`` are the shapes, ``state`` is what
follows from them, ``errors`` is everything that can go wrong.
"""

from .errors import (
    BridgeError,
    BridgeTooNew,
    BridgeTooOld,
    CannotConnect,
    NotABridge,
    NotReady,
    UnexpectedAnswer,
    WrongToken,
)
from .models import (
    BridgeEvent,
    Dtu,
    EnergyPoint,
    EnergySeries,
    Failure,
    Info,
    Inverter,
    Plant,
    Port,
    Stats,
)
from .rest import Client
from .sse import Message
from .state import State

__all__ = [
    "BridgeError",
    "BridgeEvent",
    "BridgeTooNew",
    "BridgeTooOld",
    "CannotConnect",
    "Client",
    "Dtu",
    "EnergyPoint",
    "EnergySeries",
    "Failure",
    "Info",
    "Inverter",
    "Message",
    "NotABridge",
    "NotReady",
    "Plant",
    "Port",
    "State",
    "Stats",
    "UnexpectedAnswer",
    "WrongToken",
]
