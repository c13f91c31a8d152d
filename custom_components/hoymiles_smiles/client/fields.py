"""Reading fields of JSON objects that may have changed since this was written.

A field that is missing or of another type is not known. That keeps a client alive while the bridge
learns new words, and it never turns a missing value into a zero.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from math import isfinite
from typing import Any

type Json = Mapping[str, Any]


def number(raw: Json, key: str) -> float | None:
    """Return a number, as it was sent: whole numbers stay whole."""
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isfinite(value) else None


def count(raw: Json, key: str) -> int | None:
    """Return a whole number."""
    value = number(raw, key)
    return None if value is None else int(value)


def text(raw: Json, key: str) -> str | None:
    """Return a text that is not empty."""
    value = raw.get(key)
    return value if isinstance(value, str) and value else None


def flag(raw: Json, key: str) -> bool:
    """Return whether something is said to be so."""
    return raw.get(key) is True


def moment(raw: Json, key: str) -> datetime | None:
    """Return an instant. One without a zone is none."""
    value = text(raw, key)
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else None


def record(raw: Json, key: str) -> Json:
    """Return an object, empty if there is none."""
    value = raw.get(key)
    return value if isinstance(value, Mapping) else {}


def records(raw: Json, key: str) -> Iterator[Json]:
    """Return the objects of a list."""
    yield from objects(raw.get(key))


def objects(value: Any) -> Iterator[Json]:
    """Return the objects of something that should be a list."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


def texts(raw: Json, key: str) -> tuple[str, ...]:
    """Return the texts of a list."""
    value = raw.get(key)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
