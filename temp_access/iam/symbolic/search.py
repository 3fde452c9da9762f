"""The search for a request that answers a query, and its confirmation by the evaluator."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from itertools import islice, product

from temp_access.iam.conditions import parse_number, parse_timestamp
from temp_access.iam.decision import Decision
from temp_access.iam.evaluator import evaluate
from temp_access.iam.request import Request
from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.iam.symbolic.callers import RESOURCE_ACCOUNT
from temp_access.iam.symbolic.encoder import Encoder, UnencodedCondition
from temp_access.iam.symbolic.patterns import FOLDER, has_special_character
from temp_access.iam.symbolic.queries import KNOWN_ACTIONS, PREFIX, TLS, Deadline, Query, QueryFactory, Witness
from temp_access.iam.symbolic.semantics import allowed
from temp_access.iam.symbolic.solver import Formula, Model, NotEncodableError, SatResult, Solver

Context = Mapping[str, str | tuple[str, ...]]
_MAX_CONTEXTS = 256


@dataclass(frozen=True)
class ReplayResult:
    """A request that the evaluator decides as the solver does."""

    request: Request
    context: Context
    decision: Decision


def replay(query: Query, encoder: Encoder, model: Model, account: str) -> ReplayResult | None:
    """Return the model's request if the evaluator agrees, else None; likely values are tried for open conditions."""
    caller = query.caller
    context = dict(_context(encoder, model))
    folder = model.string_value(encoder.folder)
    permissive = not query.expect_allowed
    policies = query.policies(folder, permissive)
    base_policies = query.base_policies(folder, False) if query.base_policies else None
    for candidate in islice(_candidate_contexts(context, list(encoder.unencoded)), _MAX_CONTEXTS):
        request = Request(
            principal=model.string_value(caller.principal),
            action=model.string_value(encoder.action),
            resource=model.string_value(encoder.resource),
            account=model.string_value(caller.account),
            resource_account=account,
            role_arn=None if caller.role is None else model.string_value(caller.role),
            context=candidate,
        )
        decision = evaluate(policies, request)
        if decision.allowed is query.expect_allowed and not (
            base_policies and evaluate(base_policies, request).allowed
        ):
            return ReplayResult(request, candidate, decision)
    return None


def _context(encoder: Encoder, model: Model) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for key, value in {**encoder.fixed, **encoder.keys}.items():
        if model.boolean_value(value.present):
            yield key, model.string_value(value.value)
        else:
            # An empty tuple means absent: without the key, the evaluator would derive it from caller or resource.
            yield key, ()


def _candidate_contexts(context: Context, tests: list[UnencodedCondition]) -> Iterator[Context]:
    keys = sorted({test.key.lower() for test in tests})
    choices = [list(_candidates([test for test in tests if test.key.lower() == key])) for key in keys]
    for values in product(*choices):
        candidate: dict[str, str | tuple[str, ...]] = dict(context)
        for key, value in zip(keys, values, strict=True):
            candidate.pop(key, None)
            if value is not None:
                candidate[key] = value
        yield candidate


def _candidates(tests: list[UnencodedCondition]) -> Iterator[str | tuple[str, ...] | None]:
    yield None
    for test in tests:
        for value in test.values:
            yield from _values_near(test.operator.lower(), value)


def _values_near(operator: str, value: str) -> Iterator[str | tuple[str, ...]]:
    if "ipaddress" in operator:
        yield str(ip_network(value, strict=False)[0])
        yield from ("192.0.2.77", "2001:db8::77")
    elif operator.startswith("numeric"):
        yield from (f"{parse_number(value) + step:f}".rstrip("0").rstrip(".") for step in (-1, 0, 1))
    elif operator.startswith("date"):
        timestamp = parse_timestamp(value)
        yield from (datetime.fromtimestamp(timestamp + step, UTC).isoformat() for step in (-86400, 0, 86400))
    else:
        plain = value.replace("*", "x").replace("?", "x")
        yield from (plain, f"not-{plain}", (plain, f"not-{plain}"))


_CANONICAL_ACTIONS = {action.lower(): action for action in KNOWN_ACTIONS}


def make_witness(query: Query, encoder: Encoder, model: Model, replayed: ReplayResult) -> Witness:
    """Return the witness, without its description."""
    terms = {**query.request.names, **query.names}
    names = {name: model.string_value(term) for name, term in terms.items()}
    request, context = replayed.request, {key: value for key, value in replayed.context.items() if value != ()}
    prefix = context.pop(PREFIX, None)
    return Witness(
        description="",
        principal=request.principal,
        action=canonical_action(request.action),
        resource=request.resource,
        folder=model.string_value(encoder.folder) if query.folder is not None else None,
        other=names.get("other"),
        key=names.get("key"),
        prefix=prefix if isinstance(prefix, str) else None,
        context=context,
        explanation=str(replayed.decision),
    )


def canonical_action(action: str) -> str:
    """Return an action as AWS spells it, if it is known."""
    return _CANONICAL_ACTIONS.get(action, action)


# Folders with characters that are special in a pattern, for policies that don't escape them.
_SPECIAL_FOLDERS = ("b*", "*", "b?b", "${*}", "b'")
_PREFERENCE_SECONDS = 1.0


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


def search(make_query: QueryFactory, account: str, deadline: Deadline, folder: str | None = None) -> SearchResult:
    """Answer the query of `make_query`, for one `folder` or for all."""
    solver = Solver()
    query = make_query(solver, folder)
    try:
        encoder, formulas = _formulas(solver, query, folder)
    except (NotEncodableError, ValueError) as error:
        # A policy that is malformed with some folders proves nothing either.
        return SearchResult(reason=str(error))
    model = solver.solve(formulas, deadline.remaining())
    if model.result is SatResult.UNSAT:
        return SearchResult()
    if model.result is SatResult.UNKNOWN:
        return SearchResult(reason=model.reason)
    if encoder.unescaped and folder is None:
        ordinary = [*formulas, solver.not_(has_special_character(solver, encoder.folder))]
        model = solver.solve(ordinary, deadline.remaining())
        if model.result is not SatResult.SAT:
            return _with_special_folders(make_query, account, deadline)
        formulas = ordinary
    return _witness_result(query, encoder, formulas, model, account, deadline)


def _formulas(solver: Solver, query: Query, folder: str | None) -> tuple[Encoder, list[Formula]]:
    request, caller = query.request, query.caller
    if request.any_account:
        caller = replace(caller, derived={k: v for k, v in caller.derived.items() if k != RESOURCE_ACCOUNT})
    encoder = Encoder(
        solver=solver,
        caller=caller,
        action=request.action,
        resource=request.resource,
        folder=query.folder if query.folder is not None else solver.constant(""),
        unknown=query.unknown,
        fixed=request.fixed,
    )
    folder_text = folder if folder is not None else FOLDER
    decided = allowed(encoder, query.policies(folder_text, False))
    formulas = [decided if query.expect_allowed else solver.not_(decided)]
    if query.base_policies:
        base_encoder = replace(encoder, unknown=query.unknown_in_base)
        formulas.append(solver.not_(allowed(base_encoder, query.base_policies(folder_text, False))))
    return encoder, [*formulas, *_prefix_rules(encoder), *query.caller.rules, *request.rules, *query.rules]


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


def _witness_result(
    query: Query, encoder: Encoder, formulas: list[Formula], model: Model, account: str, deadline: Deadline
) -> SearchResult:
    solver = encoder.solver
    definite = [
        applies if (effect == "Allow" and not query.expect_allowed) else solver.not_(applies)
        for (_, effect), applies in encoder.unknown_effects.items()
    ]
    unknown = sorted({policy for policy, _ in encoder.unknown_effects})
    for preference in _preferences(query, encoder):
        model = solver.solve([*formulas, *definite, preference], deadline.remaining(_PREFERENCE_SECONDS))
        if model.result is SatResult.SAT:
            break
    else:
        if not unknown:
            return SearchResult(reason=model.reason or "timed out")
        return SearchResult(reason=f"it depends on {', '.join(unknown)}, which the templates don't contain")
    replayed = replay(query, encoder, model, account)
    if replayed is None:
        open_tests = sorted({f"{test.operator} of {test.key}" for test in encoder.unencoded})
        if open_tests:
            return SearchResult(reason=f"it depends on conditions that aren't modeled: {', '.join(open_tests)}")
        return SearchResult(reason="internal disagreement: the evaluator decides the solver's request differently")
    witness = make_witness(query, encoder, model, replayed)
    note = f"unless {', '.join(unknown)} denies it" if unknown and query.expect_allowed else ""
    return SearchResult(replace(witness, description=query.describe(witness)), note=note)


def _preferences(query: Query, encoder: Encoder) -> Iterator[Formula]:
    solver = encoder.solver
    for over_tls in ("true", "false"):
        plain = _plain_context(encoder, over_tls)
        yield from (solver.and_([plain, formula]) for formula in query.preferences)
    yield from query.preferences
    yield solver.true


def _plain_context(encoder: Encoder, over_tls: str) -> Formula:
    """Return the formula that the request has no more keys than it must, and this value of aws:SecureTransport."""
    solver = encoder.solver
    plain = [solver.not_(value.present) for key, value in encoder.keys.items() if key != TLS]
    tls = encoder.keys.get(TLS)
    tls_value = [tls.present, solver.equal(tls.value, solver.constant(over_tls))] if tls else []
    return solver.and_([*plain, *tls_value])
