"""Numbers, dates and addresses to try: each bound, and values on both sides of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_network
from itertools import pairwise

from temp_access.iam.conditions import parse_number, parse_timestamp

# The times of a request: the same moment, in two notations.
EPOCH_TIME, CURRENT_TIME = "aws:epochtime", "aws:currenttime"
_MAX_TIMESTAMP = 253402300799  # the end of the year 9999
# Addresses for examples only: https://www.rfc-editor.org/rfc/rfc5737 and https://www.rfc-editor.org/rfc/rfc3849
_OTHER_ADDRESSES = ("192.0.2.1", "2001:db8::1")


@dataclass(frozen=True, slots=True)
class OrderedPoint:
    """A number or date as a number and as the text in a request; `written` is how a policy writes this bound, or ""."""

    number: float
    text: str
    written: str = ""


def ordered_points(key: str, conditions: Iterable[tuple[str, tuple[str, ...]]]) -> list[OrderedPoint]:
    """Return the bounds of operators (in lower case) with their values, and a value between each two, in order."""
    written: dict[float, str] = {}
    dates = False
    for operator, values in conditions:
        if not operator.startswith(("numeric", "date")):
            continue
        dates = dates or operator.startswith("date")
        parse = parse_timestamp if operator.startswith("date") else parse_number
        for value in values:
            try:
                written.setdefault(float(parse(value)), value)
            except ValueError:
                continue
    if not written:
        return []
    step = 86400 if dates else 1
    bounds = sorted(written)
    numbers = [bounds[0] - step]
    for low, high in pairwise(bounds):
        numbers += [low, *_between(low, high)]
    numbers += [bounds[-1], bounds[-1] + step]
    as_date = dates and key != EPOCH_TIME
    if dates:
        numbers = [number for number in numbers if 0 <= number <= _MAX_TIMESTAMP]
    return [OrderedPoint(number, _text(number, as_date), written.get(number, "")) for number in numbers]


def address_values(networks: Iterable[str]) -> Iterator[str]:
    """Yield the first and the last address of each network, and the addresses next to them outside."""
    written = tuple(networks)
    if not written:
        return
    outside: list[str] = []
    for text in written:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            continue
        first, last = network.network_address, network.broadcast_address
        yield str(first)
        yield str(last)
        outside += _neighbors(first, last)
    yield from (*_OTHER_ADDRESSES, *outside)


def _neighbors(first: IPv4Address | IPv6Address, last: IPv4Address | IPv6Address) -> Iterator[str]:
    if int(first) > 0:
        yield str(first - 1)
    if int(last) < 2**last.max_prefixlen - 1:
        yield str(last + 1)


def _between(low: float, high: float) -> Sequence[float]:
    middle = (low + high) // 2
    if low < middle < high:
        return (middle,)
    # Numbers and times in requests are whole, unless a policy writes fractions.
    return () if low.is_integer() and high.is_integer() else ((low + high) / 2,)


def _text(number: float, as_date: bool) -> str:
    if as_date:
        moment = datetime.fromtimestamp(number, UTC).isoformat(timespec="milliseconds" if number % 1 else "seconds")
        return moment.removesuffix("+00:00") + "Z"
    return str(int(number)) if float(number).is_integer() else str(number)
