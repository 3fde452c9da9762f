"""The probes of who can assume the own role of a grant with borrowers, for how long, and what its sessions assume."""

from collections.abc import Iterator
from dataclasses import replace

from temp_access.config.model import Config, Grant
from temp_access.config.table import format_duration, key_path
from temp_access.deployment.target import Target
from temp_access.iam.decision import Layer
from temp_access.iam.sts_limits import MAX_CHAINED_DURATION
from temp_access.policies.access_modes import grant_access
from temp_access.policies.role_names import grant_role_name, grant_role_resource, grant_session_maximum
from temp_access.verify import operations
from temp_access.verify.operations import OPERATIONS, allowed_by_mode
from temp_access.verify.plan.assume_role import baseline_call
from temp_access.verify.plan.impersonation import Impersonation
from temp_access.verify.plan.trust_probes import TrustProbes
from temp_access.verify.probes import AssumeCall, Identity, Probe, ProbeCaller, ServiceCall

_USER, _ROLE = ProbeCaller(Identity.USER), ProbeCaller(Identity.ROLE)


def session_of(grant: Grant, callers: Impersonation) -> ProbeCaller:
    """Return the session of the grant's own role, without a session policy, by the first borrower that can be had."""
    borrower = callers.first(grant)
    return ProbeCaller(Identity.GRANT_ROLE, grant, caller_name(borrower) if borrower else None)


def caller_name(caller: ProbeCaller) -> str:
    """Return how a session names who borrows it: `user/ann`, or `token/github`."""
    return f"{'user' if caller.identity is Identity.PERSON else 'token'}/{caller.name}"


def borrower_called(name: str) -> ProbeCaller:
    """Return the caller whose name `caller_name` returned."""
    kind, _, rest = name.partition("/")
    return ProbeCaller(Identity.PERSON if kind == "user" else Identity.TOKEN, name=rest)


class BorrowingProbes:
    """Builds the probes of a grant's own role that aren't about its folder."""

    def __init__(
        self, config: Config, grant: Grant, *, callers: Impersonation, target: Target, group: str, other: Grant | None
    ) -> None:
        """Use the run's `callers`; `other` is another grant with borrowers, None if there is none."""
        self._config = config
        self._grant = grant
        self._callers = callers
        self._target = target
        self._group = group
        self._other = other
        self._name = grant_role_name(config.role.name, grant.id)
        self._trust = TrustProbes(config, grant, target=target, group=group)
        self._first = callers.first(grant)

    def probes(self) -> Iterator[Probe]:
        """Yield the probes of the role's borrowers, its durations, everybody else, and its sessions."""
        for number, borrower in enumerate(self._grant.borrowers):
            if caller := self._callers.caller_of(borrower):
                title = f"AssumeRole by {borrower.text}"
                yield self._allowed(f"borrower-{number}", title, caller, self._callers.call(caller, self._grant))
            else:
                yield from self._trust.of_borrower(number, borrower)
        yield from self._durations()
        yield from self._everybody_else()
        yield from self._trust.near_misses()
        yield from self._sessions()

    def _durations(self) -> Iterator[Probe]:
        if (caller := self._first) is None:
            # The probes of the deployed state compare the role's maximum with the template.
            return
        longest = grant_session_maximum(self._grant, self._config.role)
        call = self._callers.call(caller, self._grant)
        title = f"AssumeRole for {format_duration(longest)}, the longest session of the grant's role"
        yield self._allowed("longest", title, caller, replace(call, duration=longest))
        yield Probe(
            id=f"{self._group}/assume/over-the-maximum",
            group=self._group,
            title=f"AssumeRole for {longest + 1} s, over the maximum of the grant's role",
            caller=caller,
            call=replace(call, duration=longest + 1),
            allowed=False,
            cause="the role's maximum session duration differs from access.toml; run cdk deploy",
            codes=("ValidationError",),
            control=caller,
            control_call=call,
        )

    def _everybody_else(self) -> Iterator[Probe]:
        role = grant_role_resource(self._config.role, self._grant.id)
        call = baseline_call(self._config, role=role)
        name = self._target.user_name
        yield self._denied("by-the-user", f"AssumeRole by {name}, who isn't a borrower", _USER, call, control=_USER)
        title = f"AssumeRole by a session of {self._config.role.name}"
        yield self._denied("by-the-shared-role", title, _ROLE, call, control=_USER)
        for caller in self._callers.others(self._grant):
            call = self._callers.call(caller, self._grant)
            who = f"user/{caller.name}" if caller.identity is Identity.PERSON else f"a token of {caller.name}"
            title = f"AssumeRole by {who}, who isn't a borrower"
            yield self._controlled(f"by-another-{caller_name(caller)}", title, caller, call, own=caller)

    def _sessions(self) -> Iterator[Probe]:
        """Yield the probes that a session of the role assumes no further role."""
        session = session_of(self._grant, self._callers)
        borrower = self._first
        # Chained sessions last an hour at most.
        call = replace(baseline_call(self._config), duration=MAX_CHAINED_DURATION)
        title = f"AssumeRole of {self._config.role.name} by a session of the grant's role"
        yield self._denied("to-the-shared-role", title, session, call, control=_USER)
        if self._other:
            call = replace(call, role=grant_role_resource(self._config.role, self._other.id))
            title = f"AssumeRole of the role of {key_path('grants', self._other.id)} by a session of the grant's role"
            yield self._controlled("to-another-role", title, session, call, own=borrower)

    def _controlled(
        self, id_: str, title: str, caller: ProbeCaller, call: AssumeCall, *, own: ProbeCaller | None
    ) -> Probe:
        """Return the probe of a refusal with the best control that there is.

        That is a borrower of this grant who assumes its role, or `own` who assumes another role.
        """
        control, grant = self._first, self._grant
        if control is None and own and (another := self._callers.other_grant(own)):
            control, grant = own, another
        if control is None:
            return self._denied(id_, title, caller, call, control=_USER)
        probe = self._denied(id_, title, caller, call, control=control)
        return replace(probe, control_call=self._callers.call(control, grant))

    def _allowed(self, id_: str, title: str, caller: ProbeCaller, call: AssumeCall) -> Probe:
        return Probe(
            id=f"{self._group}/assume/{id_}",
            group=self._group,
            title=title,
            caller=caller,
            call=call,
            allowed=True,
            cause=f"the trust policy or the maximum session duration of {self._name} differs from the template, or the "
            "borrower's own policy lacks sts:AssumeRole on it; run cdk deploy",
        )

    def _denied(self, id_: str, title: str, caller: ProbeCaller, call: AssumeCall, *, control: ProbeCaller) -> Probe:
        note = " (evaluated on the deployed policies, not called)" if caller.is_evaluated else ""
        cause = (
            f"{self._name} or the other role trusts more than access.toml's borrowers; compare the trust policies with "
            "the template and run cdk deploy"
        )
        return replace(self._allowed(id_, title + note, caller, call), allowed=False, cause=cause, control=control)


def narrowing_probes(grant: Grant, session: ProbeCaller, *, target: Target, run: str, group: str) -> Iterator[Probe]:
    """Yield the probes that a session policy narrows a session of the grant's role to a subfolder."""
    access, own = grant_access(grant), operations.own_prefix(grant.folder, run)
    folder = f"{own.prefix}n"
    narrowed = replace(session, identity=Identity.GRANT_ROLE_NARROWED, grant=replace(grant, folder=folder))
    # The object that the deployer made before the probes lies in the folder, and not in the subfolder.
    outside = {
        "list-v2": ServiceCall("list-v2", target.bucket, prefix=own.prefix),
        "get": ServiceCall("get", target.bucket, key=own.seed),
        "put": ServiceCall("put", target.bucket, key=own.key("put-by-narrowed")),
    }
    inside = {
        "list-v2": ServiceCall("list-v2", target.bucket, prefix=f"{folder}/"),
        "put": ServiceCall("put", target.bucket, key=f"{folder}/put-by-narrowed"),
    }
    note = " (evaluated on the deployed policies, not called)" if session.is_evaluated else ""
    for place, calls, allowed in (("in the subfolder", inside, True), ("in the rest of its folder", outside, False)):
        for name, call in calls.items():
            if allowed_by_mode(access, name):
                yield Probe(
                    id=f"{group}/narrowed/{name}-{'inside' if allowed else 'outside'}",
                    group=group,
                    title=f"{OPERATIONS[name].description} {place}, narrowed by a session policy{note}",
                    caller=narrowed,
                    call=call,
                    allowed=allowed,
                    cause="a session policy takes too much from a session of the grant's role"
                    if allowed
                    else "a session policy doesn't limit a session of the grant's role, or a bucket policy names the "
                    "session and bypasses it",
                    layer=None if allowed else Layer.SESSION,
                    control=None if allowed else session,
                )
