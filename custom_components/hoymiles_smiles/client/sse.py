"""Server-sent events: from bytes to messages.

Format: the WHATWG HTML standard, "Server-sent events".
"""

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
import json
from typing import Any

from .errors import UnexpectedAnswer

# The whole plant of a hundred ports is some 100 kB. A peer that sends no end of line fills memory.
MAX_EVENT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """One message of ``/api/stream``."""

    event: str
    id: str | None
    data: Mapping[str, Any]


async def messages(chunks: AsyncIterable[bytes]) -> AsyncIterator[Message]:
    """Turn what arrives into messages. Comments, which keep the connection alive, vanish."""
    event, last_id, data, size = "message", None, list[str](), 0
    async for line in _lines(chunks):
        if not line:
            if data:
                yield Message(event, last_id, _parsed("\n".join(data)))
            event, data, size = "message", [], 0
            continue
        size += len(line)
        if size > MAX_EVENT_BYTES:
            raise UnexpectedAnswer("The stream of the bridge holds a message without an end.")
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "event":
                event = value
            case "data":
                data.append(value)
            case "id":
                last_id = value


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UnexpectedAnswer(
            "The stream of the bridge holds something that is no JSON."
        ) from error
    return value if isinstance(value, Mapping) else {}


async def _lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[str]:
    """Cut at every line feed; a carriage return before it belongs to the end of the line."""
    rest = bytearray()
    async for chunk in chunks:
        searched = len(rest)
        rest += chunk
        start = 0
        while (end := rest.find(b"\n", max(start, searched))) >= 0:
            yield rest[start:end].removesuffix(b"\r").decode("utf-8", errors="replace")
            start = end + 1
        del rest[:start]
        if len(rest) > MAX_EVENT_BYTES:
            raise UnexpectedAnswer("The stream of the bridge holds a line without an end.")
