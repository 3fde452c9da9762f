"""Decides one problem: there is no such request, there is one (and the evaluator agrees), or it isn't known."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from temp_access.policy.prove.allowed import allowed
from temp_access.policy.prove.asked import TLS
from temp_access.policy.prove.callers import RESOURCE_ACCOUNT
from temp_access.policy.prove.claim import Witness
from temp_access.policy.prove.encoder import Encoder
from temp_access.policy.prove.marker import MARKER
from temp_access.policy.prove.problem import Deadline, Make, Problem
from temp_access.policy.prove.replay import replay
from temp_access.policy.prove.solver import Answer, Formula, Logic, Verdict
from temp_access.policy.prove.told import told
from temp_access.policy.prove.unmodelled import UnmodelledError

# Folders whose own characters mean something in a pattern, for policies that don't escape them.
_SPECIAL_FOLDERS = ("b*", "*", "b?b", "${*}")
_FOR_A_NICER_WITNESS = 1.0


@dataclass(frozen=True)
class Found:
    """What came of a search: a witness, or why none can be shown; neither if there is no such request."""

    witness: Witness | None = None
    why: str = ""
    note: str = ""

    @property
    def nothing(self) -> bool:
        """Whether it is proved that there is no such request."""
        return self.witness is None and not self.why


def search(make: Make, account: str, deadline: Deadline, folder: str | None = None) -> Found:
    """Decide the problem that `make` makes; for the one `folder` if it is given, else for all."""
    logic = Logic()
    problem = make(logic, folder)
    try:
        encoder, formulas = _formulas(logic, problem, folder)
    except (UnmodelledError, ValueError) as error:
        # A policy that is malformed only with some folders in it is no ground for a proof either.
        return Found(why=str(error))
    answer = logic.solve(formulas, deadline.left())
    if answer.verdict is Verdict.NONE:
        return Found()
    if answer.verdict is Verdict.UNDECIDED:
        return Found(why=answer.why)
    if encoder.bare and folder is None:
        return _with_special_folders(make, account, deadline)
    return _shown(problem, encoder, formulas, answer, account, deadline)


def _formulas(logic: Logic, problem: Problem, folder: str | None) -> tuple[Encoder, list[Formula]]:
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
    place = folder if folder is not None else MARKER
    decided = allowed(encoder, problem.layers(place, False))
    formulas = [decided if problem.wanted else logic.no(decided)]
    if problem.before:
        earlier = replace(encoder, unknown=problem.unknown_before)
        formulas.append(logic.no(allowed(earlier, problem.before(place, False))))
    return encoder, [*formulas, *problem.caller.rules, *asked.rules, *problem.rules]


def _with_special_folders(make: Make, account: str, deadline: Deadline) -> Found:
    for folder in _SPECIAL_FOLDERS:
        found = search(make, account, deadline, folder)
        if found.witness:
            return found
    return Found(why="the policy takes the folder's own characters for wildcards, and no witness was found")


def _shown(
    problem: Problem, encoder: Encoder, formulas: list[Formula], answer: Answer, account: str, deadline: Deadline
) -> Found:
    logic = encoder.logic
    definite = [
        says if (effect == "Allow" and not problem.wanted) else logic.no(says)
        for (_, effect), says in encoder.unknown_says.items()
    ]
    unknown = sorted({policy for policy, _ in encoder.unknown_says})
    for nicer in _wishes(problem, encoder):
        answer = logic.solve([*formulas, *definite, nicer], deadline.left(_FOR_A_NICER_WITNESS))
        if answer.verdict is Verdict.SOME:
            break
    else:
        if not unknown:
            return Found(why=answer.why or "timed out")
        return Found(why=f"it depends on {', '.join(unknown)}, which the templates don't hold")
    replayed = replay(problem, encoder, answer, account)
    if replayed is None:
        open_tests = sorted({f"{test.operator} of {test.key}" for test in encoder.open_tests})
        if open_tests:
            return Found(why=f"it depends on conditions that aren't modelled: {', '.join(open_tests)}")
        return Found(why="internal disagreement: the solver found a request that the evaluator decides otherwise")
    witness = told(problem, encoder, answer, replayed)
    note = f"unless {', '.join(unknown)} says otherwise" if unknown and problem.wanted else ""
    return Found(replace(witness, words=problem.words(witness)), note=note)


def _wishes(problem: Problem, encoder: Encoder) -> Iterator[Formula]:
    logic = encoder.logic
    for over_tls in ("true", "false"):
        plain = _plain_context(encoder, over_tls)
        yield from (logic.all([plain, formula]) for formula in problem.preferred)
    yield from problem.preferred
    yield logic.true


def _plain_context(encoder: Encoder, over_tls: str) -> Formula:
    """Return that the request says whether it came over TLS, and has no other key than it must."""
    logic = encoder.logic
    plain = [logic.no(value.present) for key, value in encoder.keys.items() if key != TLS]
    tls = encoder.keys.get(TLS)
    said = [tls.present, logic.equal(tls.text, logic.text(over_tls))] if tls else []
    return logic.all([*plain, *said])
