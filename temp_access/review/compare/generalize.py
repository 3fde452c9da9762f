"""The shortest true description of the requests that changed: the widest scopes that are allowed completely."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from temp_access.iam.decision import Decision
from temp_access.review.compare.actions import action_matches, is_pattern, is_placeholder, service_of
from temp_access.review.compare.contexts import Deviations
from temp_access.review.compare.decisions import DecisionPairs, unknown_names
from temp_access.review.compare.requests import SampleRequest
from temp_access.review.compare.restrictions import Restriction, restriction
from temp_access.review.compare.scopes import ResourceScope
from temp_access.review.snapshot import Snapshot


@dataclass(frozen=True)
class AccessDelta:
    """Requests with the same change; `example` is one of them.

    `whole` is whether everything in the scope (`pattern` and `prefix`) is allowed. `unchanged_part` is the scope in
    it that was allowed before too (that is still allowed, if access was lost), None if there is no such scope, and
    `unchanged_actions` are the actions, if it is a part of them. `exception` is the scope in it that isn't allowed, and
    `restriction` the conditions under which it was allowed before too (is still allowed).
    """

    action: str
    pattern: str
    prefix: str | None
    context: Deviations
    example: SampleRequest
    whole: bool
    gained: bool
    unchanged_part: tuple[str, str | None] | None = None
    exception: tuple[str, str | None] | None = None
    unchanged_actions: tuple[str, ...] = ()
    restriction: Restriction | None = None


@dataclass(frozen=True)
class Candidate:
    """An action pattern in one scope, with its requests and the number of them that were allowed before."""

    action: str
    scope: ResourceScope
    requests: frozenset[SampleRequest]
    unchanged_count: int = 0


def generalize(compared: DecisionPairs, head: Snapshot, *, gained: bool) -> Iterator[AccessDelta]:
    """Yield what was gained (or lost), each request once: under special conditions only what those add."""
    described: set[SampleRequest] = set()
    for context, concerned in compared.contexts.items():
        changed = {
            sample
            for sample in concerned
            if sample not in described and _changed(compared.pair(sample, context), gained=gained)
        }
        described |= changed
        if changed:
            # A sample with an unknown decision counts as not allowed, so that no description includes it.
            allowed = {each for each in compared.samples if compared.pair(each, context)[gained].allowed}
            search = _ScopeSearch(
                compared, head, gained, list(compared.samples), frozenset(allowed), frozenset(changed)
            )
            yield from search.deltas(context)


def _changed(pair: tuple[Decision, Decision], *, gained: bool) -> bool:
    if any(map(unknown_names, pair)):
        return False
    return pair[gained].allowed and not pair[not gained].allowed


@dataclass(frozen=True)
class _ScopeSearch:
    """The search for the scopes of `changed`, in one context: all its `samples`, and those `allowed`."""

    compared: DecisionPairs
    head: Snapshot
    gained: bool
    samples: list[SampleRequest]
    allowed: frozenset[SampleRequest]
    changed: frozenset[SampleRequest]

    def deltas(self, context: Deviations) -> Iterator[AccessDelta]:
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
                part = self._unchanged_part(candidate)
                actions = () if part else self._unchanged_actions(candidate)
                yield self._delta(context, candidate, change, part, None, actions)
        for candidate, denied in self._with_exceptions(left):
            change = candidate.requests & left
            left -= candidate.requests
            yield self._delta(context, candidate, change, None, (denied.pattern, denied.prefix))
        for sample in sorted(_representatives(left), key=_order):
            limit = restriction(self.compared, [sample], context, gained=self.gained)
            yield AccessDelta(
                sample.action, sample.resource, sample.prefix, context, sample, False, self.gained, restriction=limit
            )

    def _delta(
        self,
        context: Deviations,
        candidate: Candidate,
        change: Iterable[SampleRequest],
        unchanged_part: tuple[str, str | None] | None = None,
        exception: tuple[str, str | None] | None = None,
        unchanged_actions: tuple[str, ...] = (),
    ) -> AccessDelta:
        samples = sorted(change, key=_order)
        return AccessDelta(
            candidate.action,
            candidate.scope.pattern,
            candidate.scope.prefix,
            context,
            samples[0],
            True,
            self.gained,
            unchanged_part,
            exception,
            unchanged_actions,
            restriction(self.compared, samples, context, gained=self.gained),
        )

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
                        # Of those that have the most of it, the one that adds the least.
                        size = (len(requests & left), -len(requests - left), len(requests))
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

    def _unchanged_actions(self, candidate: Candidate) -> tuple[str, ...]:
        """Return the actions of the candidate's requests that didn't change, if those are all requests with them."""
        unchanged = candidate.requests - self.changed
        left, found = set(unchanged), []
        by_width = sorted(self.compared.actions, key=lambda name: (not is_pattern(name), len(name)))
        for pattern in [*by_width, *sorted({sample.action for sample in unchanged})]:
            requests = {each for each in candidate.requests if action_matches(pattern, each.action)}
            if requests & left and requests <= unchanged:
                found.append(pattern)
                left -= requests
        return tuple(found) if not left else ()


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
