"""The shortest true description of the requests that changed: the widest scopes that are allowed completely."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from temp_access.review.compare.actions import action_matches, is_pattern, is_placeholder, service_of
from temp_access.review.compare.decisions import DecisionPairs
from temp_access.review.compare.requests import ConditionContext, SampleRequest
from temp_access.review.compare.scopes import ResourceScope
from temp_access.review.snapshot import Snapshot


@dataclass(frozen=True)
class AccessDelta:
    """Requests with the same change; `example` is one of them.

    `whole` is whether everything in the scope (`pattern` and `prefix`) is allowed. `unchanged_part` is the scope in
    it that was allowed before too, None if there is no such scope, and `exception` the scope in it that isn't allowed.
    """

    action: str
    pattern: str
    prefix: str | None
    context: ConditionContext
    example: SampleRequest
    whole: bool
    gained: bool
    unchanged_part: tuple[str, str | None] | None = None
    exception: tuple[str, str | None] | None = None


@dataclass(frozen=True)
class Candidate:
    """An action pattern in one scope, with its requests and the number of them that were allowed before."""

    action: str
    scope: ResourceScope
    requests: frozenset[SampleRequest]
    unchanged_count: int = 0


def generalize(compared: DecisionPairs, head: Snapshot, *, gained: bool) -> Iterator[AccessDelta]:
    """Yield what was gained (or lost), each request once: under special conditions only what those add."""
    described: set[tuple[str, str, str | None]] = set()
    by_context: dict[ConditionContext, dict[SampleRequest, bool]] = {}
    for sample, (before, after) in compared.decisions.items():
        had, has = (before.allowed, after.allowed) if gained else (after.allowed, before.allowed)
        if has:
            by_context.setdefault(sample.context, {})[sample] = not had
    for context, allowed in by_context.items():
        changed = {a for a, new in allowed.items() if new and (a.action, a.resource, a.prefix) not in described}
        described |= {(a.action, a.resource, a.prefix) for a in changed}
        if changed:
            samples = [sample for sample in compared.decisions if sample.context == context]
            search = _Search(compared, head, samples, frozenset(allowed), frozenset(changed))
            yield from search.deltas(context, gained)


@dataclass(frozen=True)
class _Search:
    """The search for the scopes of `changed`, in one context: all its `samples`, and those `allowed`."""

    compared: DecisionPairs
    head: Snapshot
    samples: list[SampleRequest]
    allowed: frozenset[SampleRequest]
    changed: frozenset[SampleRequest]

    def deltas(self, context: ConditionContext, gained: bool) -> Iterator[AccessDelta]:
        chosen: list[Candidate] = []
        left = set(self.changed)
        # First the patterns as they are written, then single actions, for patterns of which a part is denied.
        for single in (False, True):
            actions = sorted({sample.action for sample in left}) if single else self.compared.actions
            for candidate in self._candidates(actions):
                if candidate.requests & left:
                    chosen.append(candidate)
                    left -= candidate.requests
        changes = [candidate.requests & self.changed for candidate in chosen]
        for candidate, change in zip(chosen, changes, strict=True):
            if not any(change < other for other in changes):
                unchanged = self._unchanged_part(candidate)
                scope, example = candidate.scope, min(change, key=_order)
                yield AccessDelta(
                    candidate.action, scope.pattern, scope.prefix, context, example, True, gained, unchanged
                )
        for candidate, denied in self._with_exceptions(left):
            scope, example = candidate.scope, min(candidate.requests & left, key=_order)
            left -= candidate.requests
            exception = (denied.pattern, denied.prefix)
            yield AccessDelta(
                candidate.action, scope.pattern, scope.prefix, context, example, True, gained, None, exception
            )
        for sample in sorted(_representatives(left), key=_order):
            yield AccessDelta(sample.action, sample.resource, sample.prefix, context, sample, False, gained)

    def _candidates(self, actions: Iterable[str]) -> list[Candidate]:
        """Return what is allowed completely: first what changed completely, widest first, then by what it adds."""
        # An AWS managed policy can name a thousand actions: match each with the samples that it can match only.
        by_service: dict[str, list[SampleRequest]] = {}
        by_action: dict[str, list[SampleRequest]] = {}
        for sample in self.samples:
            by_service.setdefault(service_of(sample.action), []).append(sample)
            by_action.setdefault(sample.action.lower(), []).append(sample)
        candidates = []
        for action in actions:
            service = service_of(action)
            if is_pattern(action):
                same_service = self.samples if is_pattern(service) else by_service.get(service, [])
                matching = [sample for sample in same_service if action_matches(action, sample.action)]
            else:
                matching = by_action.get(action.lower(), [])
            for scope in self.compared.scopes:
                requests = self._inside(scope, matching)
                if requests & self.changed and requests <= self.allowed:
                    candidates.append(Candidate(action, scope, requests, len(requests - self.changed)))
        return sorted(candidates, key=_preference)

    def _inside(self, scope: ResourceScope, samples: Iterable[SampleRequest]) -> frozenset[SampleRequest]:
        return frozenset(each for each in samples if scope.contains(self.head, each.resource, each.prefix))

    def _with_exceptions(self, left: set[SampleRequest]) -> Iterator[tuple[Candidate, ResourceScope]]:
        """Yield for each action the scope that is allowed except for another scope and has the most of `left`."""
        scopes = self.compared.scopes
        for action in dict.fromkeys(sample.action for sample in sorted(left, key=_order)):
            samples = [sample for sample in self.samples if sample.action == action]
            insides = [self._inside(scope, samples) for scope in scopes]
            options = []
            for scope, inside in zip(scopes, insides, strict=True):
                for denied, excluded in zip(scopes, insides, strict=True):
                    requests = inside - excluded
                    if requests & left and requests < inside and requests <= self.allowed:
                        size = (len(requests & left), len(requests))
                        options.append((size, Candidate(action, scope, requests), denied))
            if options:
                _, candidate, denied = max(options, key=lambda option: option[0])
                yield candidate, denied

    def _unchanged_part(self, candidate: Candidate) -> tuple[str, str | None] | None:
        """Return the scope of exactly the candidate's requests that didn't change."""
        unchanged = candidate.requests - self.changed
        for scope in self.compared.scopes:
            if unchanged and unchanged == self._inside(scope, candidate.requests):
                return scope.pattern, scope.prefix
        return None


def _representatives(samples: set[SampleRequest]) -> list[SampleRequest]:
    # A listing of the whole bucket includes every prefix, and a placeholder adds nothing to a real action.
    whole = {(sample.action, sample.resource) for sample in samples if sample.prefix is None}
    widest = [sample for sample in samples if sample.prefix is None or (sample.action, sample.resource) not in whole]
    return [sample for sample in widest if not is_placeholder(sample.action)] or widest


def _preference(candidate: Candidate) -> tuple[int, int, int, int, int]:
    scope, action = candidate.scope, candidate.action
    width = len(scope.pattern) + len(scope.prefix or "")
    return (candidate.unchanged_count, -len(candidate.requests), action.count("*"), -len(action), -width)


def _order(sample: SampleRequest) -> tuple[str, str, str]:
    return (sample.action, sample.resource, sample.prefix or "")
