"""What the solver found, asked again of the evaluator."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from itertools import islice, product

from temp_access.policy.decision import Decision
from temp_access.policy.evaluate import evaluate
from temp_access.policy.moments import parse_number, parse_timestamp
from temp_access.policy.prove.encoder import Encoder, UnencodedCondition
from temp_access.policy.prove.problem import Query
from temp_access.policy.prove.solver import Model
from temp_access.policy.request import Request

Context = Mapping[str, str | tuple[str, ...]]
_MOST_TRIES = 256


@dataclass(frozen=True)
class ReplayResult:
    """A request that the evaluator decides as the solver did."""

    request: Request
    context: Context
    decision: Decision


def replay(problem: Query, encoder: Encoder, answer: Model, account: str) -> ReplayResult | None:
    """Return the request of `answer` if the evaluator agrees, else None; open conditions are tried out."""
    caller = problem.caller
    context = dict(_context(encoder, answer))
    folder = answer.text(encoder.folder)
    permissive = not problem.matching
    layers = problem.layers(folder, permissive)
    before = problem.before(folder, False) if problem.before else None
    for tried in islice(_candidate_contexts(context, list(encoder.unencoded)), _MOST_TRIES):
        request = Request(
            principal=answer.text(caller.principal),
            action=answer.text(encoder.action),
            resource=answer.text(encoder.resource),
            account=answer.text(caller.account),
            resource_account=account,
            role_arn=None if caller.role is None else answer.text(caller.role),
            context=tried,
        )
        decision = evaluate(layers, request)
        if decision.allowed is problem.matching and not (before and evaluate(before, request).allowed):
            return ReplayResult(request, tried, decision)
    return None


def _context(encoder: Encoder, answer: Model) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for key, value in {**encoder.fixed, **encoder.keys}.items():
        if answer.flag(value.present):
            yield key, answer.text(value.text)
        else:
            # No value at all: without the key, the evaluator would take what follows from caller or resource.
            yield key, ()


def _candidate_contexts(context: Context, tests: list[UnencodedCondition]) -> Iterator[Context]:
    keys = sorted({test.key.lower() for test in tests})
    choices = [list(_candidates([test for test in tests if test.key.lower() == key])) for key in keys]
    for values in product(*choices):
        tried: dict[str, str | tuple[str, ...]] = dict(context)
        for key, value in zip(keys, values, strict=True):
            tried.pop(key, None)
            if value is not None:
                tried[key] = value
        yield tried


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
        moment = parse_timestamp(value)
        yield from (datetime.fromtimestamp(moment + step, UTC).isoformat() for step in (-86400, 0, 86400))
    else:
        plain = value.replace("*", "x").replace("?", "x")
        yield from (plain, f"not-{plain}", (plain, f"not-{plain}"))
