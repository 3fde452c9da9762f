"""Decides one problem: there is no such request, there is one (and the evaluator agrees), or it isn't known."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from temp_access.policy.prove.allowed import allowed
from temp_access.policy.prove.asked import TLS
from temp_access.policy.prove.callers import RESOURCE_ACCOUNT
from temp_access.policy.prove.claim import Witness
from temp_access.policy.prove.encoder import Encoder
from temp_access.policy.prove.marker import FOLDER
from temp_access.policy.prove.problem import Deadline, Query, QueryFactory
from temp_access.policy.prove.replay import replay
from temp_access.policy.prove.solver import Formula, Model, SatResult, Solver
from temp_access.policy.prove.told import describe_witness
from temp_access.policy.prove.unmodelled import NotEncodableError

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
    return encoder, [*formulas, *problem.caller.rules, *asked.rules, *problem.rules]


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
