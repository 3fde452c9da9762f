"""All claims about one configuration, decided one after the other."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from temp_access.config.model import Config
from temp_access.policy.access import AccessMode
from temp_access.policy.prove.assemblies import fill_placeholders, possible_accounts
from temp_access.policy.prove.claim import Claim
from temp_access.policy.prove.claims import (
    PendingClaim,
    bypass_claims,
    folder_claims,
    for_each_account,
    new_access_claims,
    session_claims,
    sessions_of,
)
from temp_access.policy.prove.decide import downgrade, with_timing
from temp_access.policy.prove.neighbours import confusable_folders
from temp_access.policy.prove.problem import Deadline
from temp_access.policy.prove.sessions import ScopedSessions, SessionPolicyFactory
from temp_access.policy.prove.unread import unmodelled_resources
from temp_access.policy.prove.world import read_world
from temp_access.policy.prove.written import CustomPolicy
from temp_access.policy.session import session_policy
from temp_access.verify.state.assembly import Assembly

TIMEOUT = 30.0
Progress = Callable[[int, int, str], None]


def prove_all(
    config: Config,
    assembly: Assembly,
    *,
    base: Assembly | None = None,
    timeout: float = TIMEOUT,
    compiler: SessionPolicyFactory = session_policy,
    progress: Progress = lambda done, total, name: None,
) -> tuple[Claim, ...]:
    """Return every claim about what `config` and `assembly` give, decided within `timeout` seconds each.

    With `base`, also that nothing is allowed that those templates didn't allow. Raises UserError when
    templates can't be followed, or cvc5 isn't installed.
    """
    both = [assembly, *([base] if base else [])]
    not_read = [place for each in both for place in unmodelled_resources(config, each)]
    return tuple(_decided(claims_about(config, both, compiler), timeout, progress, not_read))


def claims_about(
    config: Config, both: Sequence[Assembly], compiler: SessionPolicyFactory = session_policy
) -> list[PendingClaim]:
    """Return the claims about the first of `both`, and with a second one that it allows nothing new.

    Where the templates don't say which account they are for, each holds in all that it could be.
    """
    return for_each_account(
        {
            account: _in_one_account(config, fill_placeholders(*both, account=account), compiler)
            for account in possible_accounts(*both)
        }
    )


def _in_one_account(config: Config, both: Sequence[Assembly], compiler: SessionPolicyFactory) -> list[PendingClaim]:
    head, *earlier = [read_world(config, each) for each in both]
    modes = sessions_of(config, head, compiler)
    claims = [claim for sessions in modes for claim in session_claims(config, sessions)]
    claims += [folder_claims(config), *bypass_claims(head, modes)]
    for before in earlier:
        claims += new_access_claims(before, head, modes)
    return claims


def prove_session_policy(
    config: Config,
    assembly: Assembly,
    policy: CustomPolicy,
    access: AccessMode,
    *,
    timeout: float = TIMEOUT,
    progress: Progress = lambda done, total, name: None,
) -> tuple[Claim, ...]:
    """Return the claims about one session policy that was written by hand, used for every folder with `access`.

    The bucket that it names stands for that of the templates.
    """
    folders = confusable_folders(config.grants, config.modes)

    def in_one(account: str) -> list[PendingClaim]:
        (ready,) = fill_placeholders(assembly, account=account, bucket=policy.bucket)
        sessions = ScopedSessions(read_world(config, ready), access, policy, folders, f"a session with {policy.name}")
        return list(session_claims(config, sessions))

    accounts = possible_accounts(assembly, policy=policy.document)
    claims = for_each_account({account: in_one(account) for account in accounts})
    return tuple(_decided(claims, timeout, progress, unmodelled_resources(config, assembly)))


def _decided(
    claims: list[PendingClaim], timeout: float, progress: Progress, not_read: Iterable[str]
) -> Iterator[Claim]:
    places = ", ".join(dict.fromkeys(not_read))
    for done, claim in enumerate(claims):
        progress(done, len(claims), claim.name)
        started = time.monotonic()
        decided = with_timing(claim.decide(Deadline(timeout)), started)
        yield downgrade(decided, f"not read: {places}") if places else decided
