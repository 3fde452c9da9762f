"""Who can assume the role now and couldn't, or no longer can, and what it asks of them."""

from collections.abc import Iterator, Mapping

from temp_access.policy.decision import Decision, Kind, Layer, Reason
from temp_access.review.assuming import Keys, answers, callers, combinations, required
from temp_access.review.causes import statement_words
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.places import line, of_kind, of_policy
from temp_access.review.side import Side
from temp_access.review.strangers import Stranger
from temp_access.review.tokens import USER

_NAMES = {
    "sts:externalid": "external id",
    "aws:multifactorauthpresent": "MFA",
    "aws:sourceip": "source IP",
    "sts:sourceidentity": "source identity",
    "sts:rolesessionname": "session name",
}


def trust_changes(base: Side, head: Side) -> Iterator[Change]:
    """Yield a change for each caller whom the role admits in other cases than before."""
    tried = combinations(base, head)
    for who in dict.fromkeys(callers(base, head)):
        before, after = answers(who, base, tried), answers(who, head, tried)
        old, new = (_allowed(found) for found in (before, after))
        if old == new:
            continue
        asks_old, asks_new = required(old, tried), required(new, tried)
        role = head.target.role_name
        if not old:
            text = f"{role} can now be assumed by {who.words}{_asked(asks_new)}"
        elif not new:
            text = f"{role} can no longer be assumed by {who.words}"
        else:
            text = f"{role} can be assumed by {who.words} {_differently(asks_old, asks_new)}"
        keys = next(keys for keys in tried if (keys in old) is not (keys in new))
        yield Change(who.words, _direction(old, new), text, _cause(who, (base, head), before[keys], after[keys]), role)


def _allowed(found: Mapping[Keys, Decision]) -> set[Keys]:
    return {keys for keys, decision in found.items() if decision.allowed}


def _direction(old: set[Keys], new: set[Keys]) -> Direction:
    if old < new:
        return Direction.BROADENED
    return Direction.NARROWED if new < old else Direction.BOTH


def _asked(wanted: Mapping[str, object]) -> str:
    return f" ({', '.join(f'{_name(key)} required' for key in wanted)})" if wanted else ""


def _differently(old: Mapping[str, object], new: Mapping[str, object]) -> str:
    gone = [f"without {_name(key)}" for key in old if key not in new]
    added = [f"only with {_name(key)}" for key in new if key not in old]
    other = [f"with another {_name(key)}" for key in new if key in old and new[key] != old[key]]
    return f"now {' and '.join(gone + added + other) or 'on other conditions'}"


def _name(key: str) -> str:
    return _NAMES.get(key.lower(), key)


def _cause(who: Stranger, sides: tuple[Side, Side], before: Decision, after: Decision) -> Cause:
    base, head = sides
    side, decision, word = (head, after, "now there") if after.allowed else (base, before, "no longer there")
    refused = before if after.allowed else after
    if refused.kind is Kind.EXPLICIT_DENY:
        decision, side = refused, base if after.allowed else head
        word = "no longer there" if after.allowed else "now there"
    reason = next((each for each in decision.reasons if each.layer in refused.missing), decision.reasons[0])
    trusts = [each for each in decision.reasons if each.layer is Layer.TRUST]
    if trusts and (refused.kind is Kind.EXPLICIT_DENY or Layer.TRUST in refused.missing):
        body = side.policies.trust.bodies[trusts[0].index]
        place = _line(who, side, body.get("Principal")) or of_kind(side, "AWS::IAM::Role")
        return Cause(f"{word} in the trust policy: {statement_words(side, body)}", place)
    return _of_identity(side, reason, word)


def _of_identity(side: Side, reason: Reason, word: str) -> Cause:
    policies = (*side.policies.user.identity, side.policies.user.boundary)
    for policy in policies:
        if policy and policy.name == reason.policy:
            words = statement_words(side, policy.bodies[reason.index])
            return Cause(f"{word} in the user's policy: {words}", of_policy(side, "User", reason.policy))
    return Cause(f"{word}: {reason}", of_kind(side, "AWS::IAM::User"))


def _line(who: Stranger, side: Side, principal: object) -> str | None:
    if who.arn == USER or not isinstance(principal, Mapping):
        return None
    target = side.target
    for index, trusted in enumerate(side.config.role.trusted):
        arn = f"arn:{target.partition}:iam::{trusted.account or target.account}:{trusted.resource}"
        # Only a statement for this one principal was written by that line.
        if principal == {"AWS": arn}:
            return line(side, f"role.trusted[{index}].principal")
    return None
