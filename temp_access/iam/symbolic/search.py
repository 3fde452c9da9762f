"""Solve, then replay through the evaluator."""

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
from temp_access.iam.symbolic.patterns import FOLDER
from temp_access.iam.symbolic.queries import KNOWN, PREFIX, TLS, Deadline, Query, QueryFactory, Witness
from temp_access.iam.symbolic.semantics import allowed
from temp_access.iam.symbolic.solver import Formula, Model, NotEncodableError, SatResult, Solver

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


_SPELLED = {action.lower(): action for action in KNOWN}


def describe_witness(problem: Query, encoder: Encoder, answer: Model, replayed: ReplayResult) -> Witness:
    """Return the witness, without its words."""
    texts = {**problem.asked.names, **problem.names}
    names = {name: answer.text(text) for name, text in texts.items()}
    request, context = replayed.request, {key: value for key, value in replayed.context.items() if value != ()}
    prefix = context.pop(PREFIX, None)
    return Witness(
        words="",
        principal=request.principal,
        action=canonical_action(request.action),
        resource=request.resource,
        folder=answer.text(encoder.folder) if problem.folder is not None else None,
        other=names.get("other"),
        key=names.get("key"),
        prefix=prefix if isinstance(prefix, str) else None,
        context=context,
        why=str(replayed.decision),
    )


def canonical_action(action: str) -> str:
    """Return an action as AWS spells it, where that is known."""
    return _SPELLED.get(action, action)


# Folders whose own characters mean something in a pattern, for policies that don't escape them.
_SPECIAL_FOLDERS = ("b*", "*", "b?b", "${*}")
_FOR_A_NICER_WITNESS = 1.0


@dataclass(frozen=True)
class SearchResult:
    """What came of a search: a witness, or why none can be shown; neither if there is no such request."""

    witness: Witness | None = None
    why: str = ""
    note: str = ""

    @property
    def nothing(self) -> bool:
        """Whether it is proved that there is no such request."""
        return self.witness is None and not self.why


def search(make: QueryFactory, account: str, deadline: Deadline, folder: str | None = None) -> SearchResult:
    """Decide the problem that `make` makes; for the one `folder` if it is given, else for all."""
    logic = Solver()
    problem = make(logic, folder)
    try:
        encoder, formulas = _formulas(logic, problem, folder)
    except (NotEncodableError, ValueError) as error:
        # A policy that is malformed only with some folders in it is no ground for a proof either.
        return SearchResult(why=str(error))
    answer = logic.solve(formulas, deadline.left())
    if answer.result is SatResult.UNSAT:
        return SearchResult()
    if answer.result is SatResult.UNKNOWN:
        return SearchResult(why=answer.why)
    if encoder.unescaped and folder is None:
        return _with_special_folders(make, account, deadline)
    return _shown(problem, encoder, formulas, answer, account, deadline)


def _formulas(logic: Solver, problem: Query, folder: str | None) -> tuple[Encoder, list[Formula]]:
    asked, caller = problem.asked, problem.caller
    if asked.anywhere:
        caller = replace(caller, derived={k: v for k, v in caller.derived.items() if k != RESOURCE_ACCOUNT})
    encoder = Encoder(
        logic=logic,
        caller=caller,
        action=asked.action,
        resource=asked.resource,
        folder=problem.folder if problem.folder is not None else logic.text(""),
        unknown=problem.unknown,
        fixed=asked.fixed,
    )
    place = folder if folder is not None else FOLDER
    decided = allowed(encoder, problem.layers(place, False))
    formulas = [decided if problem.matching else logic.not_(decided)]
    if problem.before:
        earlier = replace(encoder, unknown=problem.unknown_before)
        formulas.append(logic.not_(allowed(earlier, problem.before(place, False))))
    return encoder, [*formulas, *_prefix_rules(encoder), *problem.caller.rules, *asked.rules, *problem.rules]


def _prefix_rules(encoder: Encoder) -> Iterator[Formula]:
    """Yield that no other action than PREFIX_ACTIONS carries s3:prefix, if a policy or the request has that key."""
    logic, prefix = encoder.logic, encoder.fixed.get(PREFIX) or encoder.keys.get(PREFIX)
    if prefix:
        carriers = [logic.equal(encoder.action, logic.text(name.lower())) for name in PREFIX_ACTIONS]
        yield logic.or_([logic.not_(prefix.present), *carriers])


def _with_special_folders(make: QueryFactory, account: str, deadline: Deadline) -> SearchResult:
    for folder in _SPECIAL_FOLDERS:
        found = search(make, account, deadline, folder)
        if found.witness:
            return found
    return SearchResult(why="the policy takes the folder's own characters for wildcards, and no witness was found")


def _shown(
    problem: Query, encoder: Encoder, formulas: list[Formula], answer: Model, account: str, deadline: Deadline
) -> SearchResult:
    logic = encoder.logic
    definite = [
        says if (effect == "Allow" and not problem.matching) else logic.not_(says)
        for (_, effect), says in encoder.unknown_says.items()
    ]
    unknown = sorted({policy for policy, _ in encoder.unknown_says})
    for nicer in _wishes(problem, encoder):
        answer = logic.solve([*formulas, *definite, nicer], deadline.left(_FOR_A_NICER_WITNESS))
        if answer.result is SatResult.SAT:
            break
    else:
        if not unknown:
            return SearchResult(why=answer.why or "timed out")
        return SearchResult(why=f"it depends on {', '.join(unknown)}, which the templates don't hold")
    replayed = replay(problem, encoder, answer, account)
    if replayed is None:
        open_tests = sorted({f"{test.operator} of {test.key}" for test in encoder.unencoded})
        if open_tests:
            return SearchResult(why=f"it depends on conditions that aren't modelled: {', '.join(open_tests)}")
        return SearchResult(
            why="internal disagreement: the solver found a request that the evaluator decides otherwise"
        )
    witness = describe_witness(problem, encoder, answer, replayed)
    note = f"unless {', '.join(unknown)} says otherwise" if unknown and problem.matching else ""
    return SearchResult(replace(witness, words=problem.words(witness)), note=note)


def _wishes(problem: Query, encoder: Encoder) -> Iterator[Formula]:
    logic = encoder.logic
    for over_tls in ("true", "false"):
        plain = _plain_context(encoder, over_tls)
        yield from (logic.and_([plain, formula]) for formula in problem.preferences)
    yield from problem.preferences
    yield logic.true


def _plain_context(encoder: Encoder, over_tls: str) -> Formula:
    """Return that the request says whether it came over TLS, and has no other key than it must."""
    logic = encoder.logic
    plain = [logic.not_(value.present) for key, value in encoder.keys.items() if key != TLS]
    tls = encoder.keys.get(TLS)
    said = [tls.present, logic.equal(tls.text, logic.text(over_tls))] if tls else []
    return logic.and_([*plain, *said])
