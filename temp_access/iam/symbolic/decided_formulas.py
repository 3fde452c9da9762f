"""The formulas of a query's policies, with what isn't known taken to be one or the other."""

from dataclasses import dataclass, replace
from enum import Enum

from temp_access.iam.symbolic.encoder import Encoder
from temp_access.iam.symbolic.patterns import FOLDER
from temp_access.iam.symbolic.queries import Query
from temp_access.iam.symbolic.semantics import allowed
from temp_access.iam.symbolic.solver import Formula, Solver


class Openness(Enum):
    """What a formula makes of a test whose outcome isn't known.

    POSSIBLE: it ends as the query asks, on both sides; without such a request, there is none. SHARED: it has one
    outcome, the same on both sides. DEFINITE: it ends against the query; such a request answers it in any case.
    """

    POSSIBLE = "possible"
    SHARED = "shared"
    DEFINITE = "definite"


@dataclass(frozen=True)
class DecidedFormulas:
    """The formulas that the policies of a query decide as it asks; `encoders` are those of the head and the base."""

    formulas: list[Formula]
    encoders: tuple[Encoder, ...]

    @property
    def encoder(self) -> Encoder:
        """The encoder of the head."""
        return self.encoders[0]

    @property
    def has_open_parts(self) -> bool:
        """Whether anything is open."""
        return any(encoder.open or encoder.unknown_used for encoder in self.encoders)

    @property
    def has_shared_parts(self) -> bool:
        """Whether something is open on both sides, where it has the same outcome."""
        parts = [{*encoder.unknown_used, *(test.identity for test in encoder.open)} for encoder in self.encoders]
        return len(parts) > 1 and bool(set.intersection(*parts))

    @property
    def unknown_policies(self) -> list[str]:
        """The names of the unknown policies."""
        return sorted({policy for encoder in self.encoders for policy in encoder.unknown_used})

    def open_reason(self) -> str:
        """Return why the query has no answer: what is open, on one side only if anything is."""
        sides = [list(encoder.open) for encoder in self.encoders]
        every = list(dict.fromkeys(test for side in sides for test in side))
        tests = [test for test in every if sum(test in side for side in sides) < len(sides)] or every
        reasons = list(dict.fromkeys(test.name for test in tests if test.unmodeled))
        if unread := list(dict.fromkeys(test.name for test in tests if not test.unmodeled)):
            reasons.append(f"it depends on {', '.join(unread)}, which can't be understood")
        if self.unknown_policies:
            reasons.append(f"it depends on {', '.join(self.unknown_policies)}, which the templates don't contain")
        return "; ".join(reasons)


def decided_formulas(
    solver: Solver, query: Query, folder: str | None, openness: Openness, first: DecidedFormulas | None = None
) -> DecidedFormulas:
    """Return the formulas of the policies; those of one query share the condition keys of the `first`."""
    request, wanted = query.request, query.expect_allowed
    favour = {Openness.POSSIBLE: wanted, Openness.SHARED: None, Openness.DEFINITE: not wanted}[openness]
    unknown_allows = not wanted if openness is Openness.DEFINITE else None
    encoder = Encoder(
        solver=solver,
        caller=query.caller,
        action=request.action,
        resource=request.resource,
        folder=query.folder if query.folder is not None else solver.constant(""),
        unknown=query.unknown,
        any_account=request.any_resource,
        fixed=request.fixed,
    )
    encoder = first.encoder if first else encoder
    head = replace(encoder, favour=favour, unknown_allows=unknown_allows, open={}, unknown_used={})
    folder_text = folder if folder is not None else FOLDER
    decided = allowed(head, query.policies(folder_text, False))
    formulas = [decided if wanted else solver.not_(decided)]
    if not query.base_policies:
        return DecidedFormulas(formulas, (head,))
    base = replace(head, unknown=query.unknown_in_base, open={}, unknown_used={})
    base = replace(base, favour=None if favour is None else not favour)
    formulas.append(solver.not_(allowed(base, query.base_policies(folder_text, False))))
    return DecidedFormulas(formulas, (head, base))
