"""All claims about one configuration, decided one after the other."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from temp_access.config.model import Config
from temp_access.policy.access import Access
from temp_access.policy.prove.assemblies import possible_accounts, with_stand_ins
from temp_access.policy.prove.claim import Claim
from temp_access.policy.prove.claims import (
    Open,
    about_folders,
    about_new_access,
    about_sessions,
    about_ways_round,
    in_each,
    sessions_of,
)
from temp_access.policy.prove.decide import doubted, timed
from temp_access.policy.prove.neighbours import mixed_up
from temp_access.policy.prove.problem import Deadline
from temp_access.policy.prove.sessions import Compiler, Sessions
from temp_access.policy.prove.unread import unread
from temp_access.policy.prove.world import read_world
from temp_access.policy.prove.written import WrittenPolicy
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
    compiler: Compiler = session_policy,
    progress: Progress = lambda done, total, name: None,
) -> tuple[Claim, ...]:
    """Return every claim about what `config` and `assembly` give, decided within `timeout` seconds each.

    With `base`, also that nothing is allowed that those templates didn't allow. Raises UserError when
    templates can't be followed, and MissingExtraError (a UserError) without cvc5.
    """
    both = [assembly, *([base] if base else [])]
    not_read = [place for each in both for place in unread(config, each)]
    return tuple(_decided(claims_about(config, both, compiler), timeout, progress, not_read))


def claims_about(config: Config, both: Sequence[Assembly], compiler: Compiler = session_policy) -> list[Open]:
    """Return the claims about the first of `both`, and with a second one that it allows nothing new.

    Where the templates don't say which account they are for, each holds in all that it could be.
    """
    return in_each(
        {
            account: _in_one_account(config, with_stand_ins(*both, account=account), compiler)
            for account in possible_accounts(*both)
        }
    )


def _in_one_account(config: Config, both: Sequence[Assembly], compiler: Compiler) -> list[Open]:
    head, *earlier = [read_world(config, each) for each in both]
    modes = sessions_of(config, head, compiler)
    claims = [claim for sessions in modes for claim in about_sessions(config, sessions)]
    claims += [about_folders(config), *about_ways_round(head, modes)]
    for before in earlier:
        claims += about_new_access(before, head, modes)
    return claims


def prove_session_policy(
    config: Config,
    assembly: Assembly,
    policy: WrittenPolicy,
    access: Access,
    *,
    timeout: float = TIMEOUT,
    progress: Progress = lambda done, total, name: None,
) -> tuple[Claim, ...]:
    """Return the claims about one session policy that was written by hand, used for every folder with `access`.

    The bucket that it names stands for that of the templates.
    """
    folders = mixed_up(config.grants, config.modes)

    def in_one(account: str) -> list[Open]:
        (ready,) = with_stand_ins(assembly, account=account, bucket=policy.bucket)
        sessions = Sessions(read_world(config, ready), access, policy, folders, f"a session with {policy.name}")
        return list(about_sessions(config, sessions))

    accounts = possible_accounts(assembly, policy=policy.document)
    claims = in_each({account: in_one(account) for account in accounts})
    return tuple(_decided(claims, timeout, progress, unread(config, assembly)))


def _decided(claims: list[Open], timeout: float, progress: Progress, not_read: Iterable[str]) -> Iterator[Claim]:
    places = ", ".join(dict.fromkeys(not_read))
    for done, claim in enumerate(claims):
        progress(done, len(claims), claim.name)
        started = time.monotonic()
        decided = timed(claim.decide(Deadline(timeout)), started)
        yield doubted(decided, f"not read: {places}") if places else decided
