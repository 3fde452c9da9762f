"""The results of an offline run: a few bytes for each probe, because there may be hundreds of thousands."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import overload

from temp_access.verify.probes import CountedResults, Group, Probe, Result, Verdict


class OfflineResults(CountedResults):
    """Results whose probes are made anew when they are read.

    `probes` returns those of all results that were added, in that order.
    """

    def __init__(self, probes: Callable[[], Iterable[Probe]]) -> None:
        self._probes = probes
        self._verdicts: list[Verdict] = []
        self._seconds = array("d")
        # Each text is kept once; most results share one of a few.
        self._texts: dict[str | None, str | None] = {}
        self._observed: list[str] = []
        self._controls: list[str | None] = []
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._depends_on: list[tuple[str, ...]] = []
        self._groups: dict[str, Group] = {}

    def add(self, result: Result) -> None:
        """Keep one result."""
        name = result.probe.group
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group(name)
        group.add(result)
        self._verdicts.append(result.verdict)
        self._seconds.append(result.seconds)
        observed, control = result.observed, result.control_outcome
        self._observed.append(self._texts.setdefault(observed, observed) or "")
        self._controls.append(self._texts.setdefault(control, control))
        self._depends_on.append(self._names.setdefault(result.depends_on, result.depends_on))

    @property
    def groups(self) -> Mapping[str, Group]:
        """The groups by name, in the order of their first probes."""
        return self._groups

    def __len__(self) -> int:
        """Return the number of results."""
        return len(self._verdicts)

    def __iter__(self) -> Iterator[Result]:
        """Yield each result."""
        columns = (self._verdicts, self._observed, self._seconds, self._controls, self._depends_on)
        return map(Result, self._probes(), *columns)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | Sequence[Result]:
        """Return one result or some."""
        if isinstance(index, slice):
            return tuple(self)[index]
        return next(islice(self, range(len(self))[index], None))
