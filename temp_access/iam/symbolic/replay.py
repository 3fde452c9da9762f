"""The solver's request as the evaluator reads it, and the evaluator's decision on it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from temp_access.iam.condition_keys import CONDITION_KEYS
from temp_access.iam.decision import Decision, DecisionType
from temp_access.iam.evaluator import evaluate
from temp_access.iam.request import Request
from temp_access.iam.service_reference import service_actions
from temp_access.iam.symbolic.encoder import Encoder, UnencodedCondition
from temp_access.iam.symbolic.ordered_values import OrderedKind, ordered_key, text_of
from temp_access.iam.symbolic.queries import PREFIX, Query, Witness
from temp_access.iam.symbolic.solver import Model

ContextValue = str | tuple[str, ...]
Context = Mapping[str, ContextValue]
_MAX_CONTEXTS = 256


@dataclass(frozen=True)
class ReplayResult:
    """A request that the evaluator decides as the solver does."""

    request: Request
    context: Context
    decision: Decision


@dataclass(frozen=True)
class Disagreement:
    """The evaluator doesn't decide the solver's request so; `unknown` is what its decision depends on, if anything."""

    unknown: tuple[str, ...] = ()


def replay(query: Query, encoder: Encoder, model: Model, account: str) -> ReplayResult | Disagreement:
    """Return the model's request if the evaluator agrees; likely values are tried for open conditions."""
    caller = query.caller
    folder = model.string_value(encoder.folder)
    policies = query.policies(folder, not query.expect_allowed)
    base_policies = query.base_policies(folder, False) if query.base_policies else None
    unknown: dict[str, None] = {}
    for candidate in islice(_contexts(encoder, model), _MAX_CONTEXTS):
        request = Request(
            principal=model.string_value(caller.principal),
            action=model.string_value(encoder.action),
            resource=model.string_value(encoder.resource),
            account=model.string_value(caller.account),
            resource_account=account,
            role_arn=None if caller.role is None else model.string_value(caller.role),
            context=candidate,
        )
        decisions = [evaluate(policies, request), *([evaluate(base_policies, request)] if base_policies else [])]
        unknown |= dict.fromkeys(name for decision in decisions for name in decision.unknown)
        if all(decision.kind is not DecisionType.UNDECIDED for decision in decisions):
            expected = [query.expect_allowed, False][: len(decisions)]
            if [decision.allowed for decision in decisions] == expected:
                return ReplayResult(request, candidate, decisions[0])
    return Disagreement(tuple(unknown))


def _contexts(encoder: Encoder, model: Model) -> Iterator[Context]:
    values = dict(_context(encoder, model))
    choices: dict[str, list[ContextValue]] = {}
    for key, value in values.items():
        if value != () and (texts := list(_ordered_texts(encoder, model, key))):
            choices[key] = [*texts, value]
    for key in sorted({test.key for test in encoder.unencoded}):
        # What is fixed, or follows from the caller, can't have another value.
        if key in encoder.keys:
            choices[key] = list(_candidates([test for test in encoder.unencoded if test.key == key], values[key]))
    for chosen in product(*choices.values()):
        yield values | dict(zip(choices, chosen, strict=True))


def _context(encoder: Encoder, model: Model) -> Iterator[tuple[str, ContextValue]]:
    for key, value in {**encoder.fixed, **encoder.keys}.items():
        if model.boolean_value(value.present):
            yield key, model.string_value(value.value)
        else:
            # An empty tuple means absent: without the key, the evaluator would derive it from caller or resource.
            yield key, ()


def _ordered_texts(encoder: Encoder, model: Model, key: str) -> Iterator[str]:
    for kind in OrderedKind:
        value = encoder.ordered.get(ordered_key(key, kind))
        text = text_of(value, model, key) if value else None
        if text is not None:
            yield text


def _candidates(tests: Iterable[UnencodedCondition], value: ContextValue) -> Iterator[ContextValue]:
    if value == ():
        yield ()
        return
    for test in tests:
        for policy_value in test.values:
            plain = policy_value.replace("*", "x").replace("?", "x")
            yield from (plain, f"not-{plain}", (plain, f"not-{plain}"))
    # Several conditions may each ask for a value of their own.
    yield tuple(dict.fromkeys(each.replace("*", "x").replace("?", "x") for test in tests for each in test.values))
    yield value


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
        spelling={key: _spelling(encoder, key) for key in context},
    )


def _spelling(encoder: Encoder, key: str) -> str:
    known = CONDITION_KEYS.get(key)
    return encoder.spelling.get(key) or (known.name if known else key)


def canonical_action(action: str) -> str:
    """Return an action as AWS spells it, if it is known."""
    known = service_actions(action.partition(":")[0]).get(action)
    return known.name if known else action
