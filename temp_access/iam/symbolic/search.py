"""The search for a request that answers a query, and its confirmation by the evaluator."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.iam.symbolic.callers import RESOURCE_ACCOUNT
from temp_access.iam.symbolic.decided_formulas import Openness, decided_formulas
from temp_access.iam.symbolic.encoder import Encoder
from temp_access.iam.symbolic.ordered_values import near
from temp_access.iam.symbolic.patterns import FOLDER, has_special_character
from temp_access.iam.symbolic.queries import PREFIX, TLS, Deadline, Query, QueryFactory, Witness
from temp_access.iam.symbolic.real_requests import ActionGroup, action_groups, action_rules
from temp_access.iam.symbolic.replay import Disagreement, make_witness, replay
from temp_access.iam.symbolic.solver import Formula, Model, NotEncodableError, SatResult, Solver

# Folders with characters that are special in a pattern, for policies that don't escape them.
_SPECIAL_FOLDERS = ("b*", "*", "b?b", "${*}", "b'")
# For one preference, and for all of them.
_PREFERENCE_SECONDS, _PREFERENCES_SECONDS = 4.0, 10.0
_MAX_UNDECIDED = 5
_MAX_GROUPS = 100
_REGION = "us-east-1"
_ACCOUNT_NUMBER = re.compile(r"[0-9]{12}")
_USUAL_ACTIONS = ("iam:putrolepolicy", "sts:assumerole", "s3:getobject", "s3:listbucket")


@dataclass(frozen=True)
class SearchResult:
    """The result of a search: a witness, or the reason why there is none; neither if no such request exists."""

    witness: Witness | None = None
    reason: str = ""
    note: str = ""

    @property
    def proved(self) -> bool:
        """Whether it is proved that no such request exists."""
        return self.witness is None and not self.reason


def search(
    make_query: QueryFactory,
    account: str,
    deadline: Deadline,
    folder: str | None = None,
    *,
    only_refute: bool = False,
    readable: bool = True,
) -> SearchResult:
    """Answer the query of `make_query`, for one `folder` or for all.

    With `only_refute`, a result without a witness says nothing: it takes less time where parts of policies are open.
    Unless `readable`, a witness isn't for a reader, and takes less time as well.
    """
    solver = Solver()
    try:
        query = make_query(solver, folder)
        if _has_the_policies_of_base(query, folder):
            return SearchResult()
        possible = decided_formulas(solver, query, folder, Openness.POSSIBLE)
        definite = shared = possible
        if possible.has_open_parts:
            definite = decided_formulas(solver, query, folder, Openness.DEFINITE, possible)
        if possible.has_shared_parts:
            shared = decided_formulas(solver, query, folder, Openness.SHARED, possible)
    except (NotEncodableError, ValueError) as error:
        # A policy that is malformed with some folders proves nothing either.
        return SearchResult(reason=str(error))
    encoder = possible.encoder
    rules = [*_prefix_rules(encoder), *encoder.key_rules(), *action_rules(solver, query.caller, query.request.action)]
    rules += [*query.caller.rules, *query.request.rules, *query.rules]
    if not (only_refute and possible.has_open_parts):
        model = solver.solve([*possible.formulas, *rules], deadline.remaining())
        if model.result is SatResult.UNSAT:
            return SearchResult()
        if model.result is SatResult.UNKNOWN:
            return SearchResult(reason=model.reason)
    one = _WitnessSearch(query, encoder, definite.formulas, rules, account, deadline, query.request.fits, readable)
    if encoder.unescaped and folder is None:
        one.rules.append(solver.not_(has_special_character(solver, encoder.folder)))
        if one.solve().result is not SatResult.SAT:
            return _with_special_folders(make_query, account, deadline)
    model = one.solve()
    if model.result is SatResult.UNSAT:
        if not possible.has_open_parts:
            return SearchResult()
        if not only_refute:
            one.decided = shared.formulas
            model = one.solve()
            if model.result is SatResult.UNSAT:
                return SearchResult()
            if model.result is SatResult.UNKNOWN:
                return SearchResult(reason=model.reason)
        return SearchResult(reason=possible.open_reason())
    return one.witness_result(model, possible.unknown_policies)


def _has_the_policies_of_base(query: Query, folder: str | None) -> bool:
    """Whether the policies are those of base word for word, so that they can't allow anything that base doesn't."""
    if query.base_policies is None or not query.expect_allowed or query.unknown or query.unknown_in_base:
        return False
    folder_text = folder if folder is not None else FOLDER
    return query.policies(folder_text, False).is_written_as(query.base_policies(folder_text, False))


def _prefix_rules(encoder: Encoder) -> Iterator[Formula]:
    """Yield the rule that only PREFIX_ACTIONS carry s3:prefix, if a policy or the request has that key."""
    solver, prefix = encoder.solver, encoder.fixed.get(PREFIX) or encoder.keys.get(PREFIX)
    if prefix:
        carries_prefix = solver.one_of(encoder.action, (action.lower() for action in PREFIX_ACTIONS))
        yield solver.or_([solver.not_(prefix.present), carries_prefix])


def _with_special_folders(make_query: QueryFactory, account: str, deadline: Deadline) -> SearchResult:
    for folder in _SPECIAL_FOLDERS:
        result = search(make_query, account, deadline, folder)
        if result.witness:
            return result
    return SearchResult(reason="the policy doesn't escape the folder, whose characters may be wildcards; no witness")


@dataclass
class _WitnessSearch:
    """The search for the request of one query; `groups` are the actions that are tied to their resources.

    There are many, so a rule is added only where the solver's request has one of its actions. `fits` are rules of the
    request that are added if there is any request without them: few proofs need them.
    """

    query: Query
    encoder: Encoder
    decided: list[Formula]
    rules: list[Formula]
    account: str
    deadline: Deadline
    fits: tuple[Formula, ...]
    readable: bool = True
    groups: dict[ActionGroup, None] = field(default_factory=dict)

    def solve(self, *more: Formula, seconds: float | None = None) -> Model:
        """Return a model of all formulas and `more` in which the action fits its resource."""
        while True:
            model = self.encoder.solver.solve([*self.decided, *self.rules, *more], self.deadline.remaining(seconds))
            if model.result is not SatResult.SAT:
                return model
            if self.fits:
                self.rules += self.fits
                self.fits = ()
                continue
            encoder, action = self.encoder, model.string_value(self.encoder.action)
            group = action_groups(action.partition(":")[0]).get(action)
            if group is None or group in self.groups or not self.query.request.any_resource:
                return model
            if len(self.groups) >= _MAX_GROUPS:
                return model
            self.groups[group] = None
            self.rules.append(group.rule(encoder.solver, encoder.action, encoder.resource))

    def witness_result(self, model: Model, unknown: list[str]) -> SearchResult:
        """Return a witness that the evaluator confirms, or the reason why there is none."""
        solver, encoder = self.encoder.solver, self.encoder
        undecided: dict[str, None] = {}
        for _ in range(_MAX_UNDECIDED):
            if model.result is not SatResult.SAT:
                break
            model = self._preferred_model(model) if self.readable else model
            replayed = replay(self.query, encoder, model, self.account)
            if not isinstance(replayed, Disagreement):
                witness = make_witness(self.query, encoder, model, replayed)
                return SearchResult(
                    replace(witness, description=self.query.describe(witness)), note=self._proviso(unknown)
                )
            if not replayed.unknown:
                return SearchResult(reason=self._disagreement())
            undecided |= dict.fromkeys(replayed.unknown)
            # Another service may need no document that isn't known.
            service = model.string_value(encoder.action).partition(":")[0]
            self.rules.append(solver.not_(solver.prefix_of(encoder.action, solver.constant(f"{service}:"))))
            model = self.solve()
        if undecided:
            return SearchResult(reason=f"it depends on {', '.join(undecided)}")
        return SearchResult(reason=model.reason or "timed out")

    def _proviso(self, unknown: list[str]) -> str:
        if not self.query.expect_allowed:
            return ""
        denies = [name for name in unknown if name in self.query.unknown]
        allowed_before = [name for name in unknown if name in self.query.unknown_in_base]
        provisos = [f"{', '.join(denies)} denies it"] if denies else []
        provisos += [f"{', '.join(allowed_before)} allowed it before"] if allowed_before else []
        return f"unless {' or '.join(provisos)}" if provisos else ""

    def _disagreement(self) -> str:
        tests = sorted({f"{test.operator} of {test.key}" for test in self.encoder.unencoded})
        mixed = sorted({key for key, _ in self.encoder.ordered if self.encoder.value(key).text is None})
        if tests:
            return f"it depends on conditions that aren't modeled: {', '.join(tests)}"
        if mixed:
            return f"it depends on conditions that compare {', '.join(mixed)} as text and in order"
        return "internal disagreement: the evaluator decides the solver's request differently"

    def _preferred_model(self, model: Model) -> Model:
        limit = Deadline(_PREFERENCES_SECONDS)
        for preference in self._preferences(model):
            preferred = self.solve(preference, seconds=limit.remaining(_PREFERENCE_SECONDS))
            if preferred.result is SatResult.SAT:
                return preferred
        return model

    def _preferences(self, model: Model) -> Iterator[Formula]:
        solver, query = self.encoder.solver, self.query
        plain = [self._plain_context(over_tls) for over_tls in ("true", "false")]
        plain.append(solver.and_(self.encoder.caller.usual))
        near_bounds, whole = self._ordered_values()
        usual = self._usual_request(model)
        for context in plain:
            yield from (
                solver.and_([context, formula, near_bounds, *([usual] if query.request.any_resource else [])])
                for formula in query.preferences
            )
        yield from (solver.and_([context, usual, near_bounds]) for context in plain)
        yield from (solver.and_([usual, ordered]) for ordered in (near_bounds, whole))
        yield from (solver.and_([formula, near_bounds]) for formula in query.preferences)
        yield from query.preferences
        yield usual
        yield whole

    def _usual_request(self, model: Model) -> Formula:
        encoder = self.encoder
        principal = model.string_value(encoder.caller.principal)
        partition = principal.split(":")[1] if principal.startswith("arn:") else "aws"
        owner = encoder.keys.get(RESOURCE_ACCOUNT)
        named = model.string_value(owner.value) if owner and model.boolean_value(owner.present) else ""
        account = named if _ACCOUNT_NUMBER.fullmatch(named) else self.account
        values = {"${Partition}": partition, "${Region}": _REGION, "${Account}": account}
        action = model.string_value(encoder.action)
        same_service = action_groups(action.partition(":")[0]).values()
        if not self.query.request.any_resource:
            return encoder.solver.one_of(encoder.action, (name for group in {*same_service} for name in group.names))
        usual = [action_groups(name.partition(":")[0])[name] for name in _USUAL_ACTIONS]
        return encoder.solver.or_(
            group.is_usual(encoder.solver, encoder.action, encoder.resource, values)
            for group in dict.fromkeys((*usual, *self.groups, *same_service))
        )

    def _plain_context(self, over_tls: str) -> Formula:
        """Return the formula that the request has no more keys than it must, and this value of aws:SecureTransport."""
        solver, encoder = self.encoder.solver, self.encoder
        plain = [*encoder.caller.usual]
        plain += [
            solver.not_(value.present)
            for key, value in encoder.keys.items()
            if key != TLS and value.present is not solver.true
        ]
        tls = encoder.keys.get(TLS)
        tls_value = [tls.present, solver.equal(tls.value, solver.constant(over_tls))] if tls else []
        return solver.and_([*plain, *tls_value])

    def _ordered_values(self) -> tuple[Formula, Formula]:
        """Return the formulas that each ordered value is at a bound or just beside one, and that it is whole."""
        encoder, solver = self.encoder, self.encoder.solver
        beside = [near(solver, value, encoder.bounds[name]) for name, value in encoder.ordered.items()]
        whole = [solver.and_([value.valid, solver.is_whole(value.number)]) for value in encoder.ordered.values()]
        return solver.and_(beside), solver.and_(whole)
