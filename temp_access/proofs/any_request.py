"""Any request at all on one kind of thing, for claims that something isn't allowed there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from temp_access.deployment.effective_policies import EffectivePolicies, UnknownAs
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.symbolic.callers import SymbolicCaller
from temp_access.iam.symbolic.queries import (
    PREFIX,
    LayersFor,
    Query,
    QueryFactory,
    RequestBuilder,
    SymbolicRequest,
    Witness,
    witness_preferences,
)
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs.sessions import any_folder

OBJECTS, BUCKET, ROLE, ELSEWHERE = "objects", "bucket", "role", "elsewhere"
ON = {OBJECTS: "bucket", BUCKET: "bucket", ROLE: "role", ELSEWHERE: "elsewhere"}
# The policies that count on "bucket", "role" or "elsewhere", unknown ones taken to be what UnknownAs says.
PoliciesOn = Callable[[str, UnknownAs], PolicySet]


@dataclass(frozen=True)
class SymbolicPrincipal:
    """Somebody who asks: in words, as a caller, and the policies that count; `narrowed` gives them for a folder.

    `unknown` names policies whose documents aren't at hand.
    """

    words: str
    caller: Callable[[Solver], SymbolicCaller]
    unknown: frozenset[str]
    policies: PoliciesOn | None = None
    narrowed: Callable[[str], LayersFor] | None = None

    def layers(self, on: str) -> LayersFor:
        """Return the policies that count there."""
        if self.narrowed:
            return self.narrowed(on)
        policies = self.policies
        if policies is None:
            raise ValueError(f"{self.words}: has no policies; give either `policies` or `narrowed`")
        return lambda folder, permissive: policies(on, UnknownAs.ALLOW_ALL if permissive else UnknownAs.ALLOW_NOTHING)


def forbid_any_request(
    world: EffectivePolicies,
    who: SymbolicPrincipal,
    things: Iterable[str],
    because: str,
    before: SymbolicPrincipal | None = None,
) -> Iterable[QueryFactory]:
    """Yield, for each kind of thing, any request of `who`; with `before`, one that wasn't allowed to that one."""
    for thing in things:
        yield _make(world, who, thing, because, before)


def _make(
    world: EffectivePolicies, who: SymbolicPrincipal, thing: str, because: str, before: SymbolicPrincipal | None
) -> QueryFactory:
    def make(logic: Solver, folder: str | None) -> Query:
        own, rule = any_folder(logic, folder) if who.narrowed else (None, logic.true)
        asked = _asked(world, logic, thing)
        return Query(
            layers=who.layers(ON[thing]),
            caller=who.caller(logic),
            asked=asked,
            words=lambda witness: _words(who, witness, because),
            before=before.layers(ON[thing]) if before else None,
            folder=own,
            unknown=who.unknown,
            unknown_before=before.unknown if before else frozenset(),
            rules=(rule,),
            preferences=tuple(witness_preferences(logic, asked, folder=own, words=asked.names.values())),
        )

    return make


def _asked(world: EffectivePolicies, logic: Solver, thing: str) -> SymbolicRequest:
    asking = RequestBuilder(logic, world.target.bucket_arn)
    if thing == OBJECTS:
        return asking.object(logic.variable("key"))
    if thing == BUCKET:
        return asking.listing(("s3:*",), logic.variable("prefix"), logic.flag(f"{PREFIX} is there"))
    return asking.role(world.target.role_arn) if thing == ROLE else asking.elsewhere(world.target.role_arn)


def _words(who: SymbolicPrincipal, witness: Witness, because: str) -> str:
    name = f" for {witness.folder}/" if witness.folder is not None else ""
    where = witness.key if witness.key is not None else witness.resource
    how = f" with the prefix {witness.prefix!r}" if witness.prefix is not None else ""
    return f"{who.words}{name} ({witness.principal}) may call {witness.action} on {where}{how}{because}"
