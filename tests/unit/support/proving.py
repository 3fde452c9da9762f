"""Helpers for tests: proofs about small configurations, and the formula of one request."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from temp_access.access_file import load, read
from temp_access.cfn.assembly import Assembly
from temp_access.config.model import Config
from temp_access.iam.callers import caller_kind
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.symbolic.callers import make_caller
from temp_access.iam.symbolic.encoder import Encoder, SymbolicValue
from temp_access.iam.symbolic.queries import Deadline
from temp_access.iam.symbolic.semantics import allowed
from temp_access.iam.symbolic.solver import Formula, SatResult, Solver
from temp_access.iam.unknown import UnknownValue
from temp_access.policies.session_policy import session_policy
from temp_access.proofs import Claim, ClaimStatus, prove_all
from temp_access.proofs.run import claims_about
from temp_access.proofs.sessions import SessionPolicyFactory
from tests.unit.support.config_file import ROOT as PROJECT
from tests.unit.support.synthesis import ACCESS, STORAGE, synthesize

Change = Callable[[dict[str, Any]], None]


@cache
def example() -> tuple[Config, Assembly]:
    """Return the project's own configuration and its templates."""
    config = load(PROJECT / "access.toml")
    return config, Assembly(Path("cdk.out"), synthesize(config))


def config_from(data: dict[str, Any]) -> Config:
    """Return the configuration for `data`, even if it is invalid."""
    return read(PROJECT / "access.toml", data, None)[0]


def change_templates(
    *, bucket: Change | None = None, role: Change | None = None, user: Change | None = None
) -> Assembly:
    """Return the example's templates with changed properties of the bucket policy, the role or the user."""
    _, assembly = example()
    templates = deepcopy(dict(assembly.templates))
    for stack, kind, change in (
        (STORAGE, "AWS::S3::BucketPolicy", bucket),
        (ACCESS, "AWS::IAM::Role", role),
        (ACCESS, "AWS::IAM::User", user),
    ):
        for resource in templates[stack]["Resources"].values():
            if resource["Type"] == kind and change:
                change(resource["Properties"])
    return Assembly(assembly.folder, templates)


def add_statement(statement: Mapping[str, Any], document: str = "PolicyDocument") -> Change:
    """Return a change that adds a statement to a document."""
    return lambda properties: properties[document]["Statement"].append(dict(statement))


def prove_example(assembly: Assembly | None = None, **options: Any) -> dict[str, Claim]:
    """Return the example's claims by name, for its own templates or for `assembly`."""
    config, own = example()
    return {claim.name: claim for claim in prove_all(config, assembly or own, **options)}


def decide_claims(
    *names: str,
    assembly: Assembly | None = None,
    base: Assembly | None = None,
    compiler: SessionPolicyFactory = session_policy,
) -> dict[str, Claim]:
    """Return the example's claims whose names begin with one of `names`."""
    config, own = example()
    claims = claims_about(config, [assembly or own, *([base] if base else [])], compiler)
    return {claim.name: claim.decide(Deadline(30)) for claim in claims if claim.name.startswith(names)}


def unproved_claims(claims: Mapping[str, Claim]) -> dict[str, ClaimStatus]:
    """Return the status of each claim that isn't proved."""
    return {name: claim.status for name, claim in claims.items() if claim.status is not ClaimStatus.PROVED}


def formula_holds(policies: PolicySet, request: Request, *, folder: str = "") -> bool:
    """Return whether the formula of the policies holds for one request with constant strings."""
    decision = formula_decision(policies, request, folder=folder)
    assert decision is not None, "the formula leaves this request open"
    return decision


def formula_decision(policies: PolicySet, request: Request, *, folder: str = "") -> bool | None:
    """Return whether the formula of the policies holds for one request, None if the formula leaves it open."""
    solver = Solver()
    kind = caller_kind(request.principal)
    name = solver.constant(request.principal.rpartition("/")[2])
    caller = make_caller(
        solver,
        kind,
        solver.constant(request.principal),
        solver.constant(request.account),
        resource_account=request.resource_account,
        same_account=request.account == request.resource_account and request.principal.startswith("arn:"),
        name=name,
        role=solver.constant(request.role) if request.role else None,
    )
    keys = {**request.context, **{f"aws:PrincipalTag/{k}": v for k, v in request.principal_tags.items()}}
    encoder = Encoder(
        solver=solver,
        caller=caller,
        action=solver.constant(request.action.lower()),
        resource=solver.constant(request.resource),
        folder=solver.constant(folder),
        fixed={key.lower(): _given(solver, key, value) for key, value in keys.items() if value is not None},
    )
    formula = allowed(encoder, policies)
    known = [_as_in(request, solver, key, value) for key, value in encoder.keys.items()]
    known += caller.structured_rules
    holds = solver.solve([formula, *known], 10).result
    fails = solver.solve([solver.not_(formula), *known], 10).result
    assert SatResult.SAT in (holds, fails)
    return None if holds is fails else holds is SatResult.SAT


def _given(solver: Solver, key: str, value: ContextValue) -> SymbolicValue:
    """Return a key that the request's context has, perhaps without its value."""
    if isinstance(value, UnknownValue):
        present = solver.true if value is UnknownValue.PRESENT else solver.boolean(f"{key} is present")
        return SymbolicValue(present, solver.string(key))
    return SymbolicValue(solver.true, solver.constant(str(value)), str(value))


def _as_in(request: Request, solver: Solver, key: str, symbolic: SymbolicValue) -> Formula:
    """Return the formula that a key has the value that the request has, as far as that is known."""
    match request.value(key):
        case None:
            return solver.not_(symbolic.present)
        case str(value):
            return solver.and_([symbolic.present, solver.equal(symbolic.value, solver.constant(value))])
        case UnknownValue.POSSIBLE:
            return solver.true
    return symbolic.present
