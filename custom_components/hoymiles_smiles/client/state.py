"""What a bridge shows now, and how messages of its stream change it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from .models import Dtu, Inverter, Plant, dtus, inverters
from .sse import Message


@dataclass(frozen=True, slots=True)
class State:
    """The whole plant as of now."""

    plant: Plant
    dtus: dict[str, Dtu]
    """By name."""
    inverters: dict[str, Inverter]
    """By serial number."""

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Self | None:
        """Read ``/api/state`` or a ``state`` message; none if it is something else."""
        plant = raw.get("plant")
        if not isinstance(plant, Mapping):
            return None
        return cls(
            plant=Plant.parse(plant),
            dtus=dtus(raw.get("dtus")),
            inverters=inverters(raw.get("inverters")),
        )

    def after(self, message: Message) -> Self:
        """Return the state after a message.

        A message that is older than what is known changes nothing: a stream that is taken up
        again repeats what was missed, while somebody may have asked meanwhile.
        """
        news = type(self).parse(message.data)
        if news is None or (message.event != "state" and _is_older(news, self)):
            return self
        match message.event:
            case "state":
                return news
            case "snapshot":
                return replace(news, inverters=self.inverters | news.inverters)
            case "status":
                return replace(news, inverters=self.inverters)
            case _:
                return self


def _is_older(one: State, other: State) -> bool:
    time, other_time = one.plant.time, other.plant.time
    return time is not None and other_time is not None and time < other_time
