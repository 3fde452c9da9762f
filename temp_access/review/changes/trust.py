"""Changes of who can assume the role: each caller that a trust policy names, with each combination of its keys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from temp_access.review.changes.conditions import describe_context, describe_restriction, describe_span, describe_value
from temp_access.review.changes.trust_causes import trust_cause
from temp_access.review.compare.assuming import AssumeComparison, assume_callers, compare_assuming, user_caller
from temp_access.review.compare.caller_keys import describes_caller
from temp_access.review.compare.contexts import Deviations
from temp_access.review.compare.key_values import KeyValue
from temp_access.review.compare.principals import ExternalPrincipal
from temp_access.review.compare.restrictions import Restriction
from temp_access.review.holders import ROLE_HOLDER, USER_HOLDER, Holder
from temp_access.review.model import Change, Direction, Unknown
from temp_access.review.names import USER
from temp_access.review.snapshot import Snapshot, grant_roles, same_names, users

_Values = frozenset[KeyValue]
_KEY_NAMES = {
    "sts:externalid": "external id",
    "aws:multifactorauthpresent": "MFA",
    "aws:sourceip": "source IP",
    "sts:sourceidentity": "source identity",
    "sts:rolesessionname": "session name",
}
_ARTICLES = {"external id": "an", "source identity": "a"}
# Calls have these in general, so that a condition on one of them requires certain values.
_ALWAYS_PRESENT = ("source IP", "session name")
_MFA = "aws:multifactorauthpresent"
# What a call for a session needs besides the action that assumes the role:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
_ADDITIONS = {
    "sts:TagSession": "pass session tags to",
    "sts:SetSourceIdentity": "set the source identity of sessions of",
    "sts:SetContext": "pass an identity context to",
}


def trust_changes(base: Snapshot, head: Snapshot) -> Iterator[Change | Unknown]:
    """Yield a change for each caller that can assume a role, or add to its sessions, under other conditions.

    Where that depends on something that isn't known, yield that too.
    """
    yield from _role_changes(ROLE_HOLDER, tuple(dict.fromkeys(assume_callers(base, head))), base, head)
    changed = frozenset(
        USER if each == USER_HOLDER else user_caller(each).arn
        for each in (USER_HOLDER, *users(base, head))
        if base.policies_of(each) != head.policies_of(each)
    )
    for role in grant_roles(base, head):
        callers = assume_callers(base, head, role)
        before, after = base.role_of(role), head.role_of(role)
        if before and after and before.trust == after.trust and same_names(base, head):
            # Of users, the own policies count as well.
            callers = (caller for caller in callers if caller.arn in changed)
        yield from _role_changes(role, tuple(dict.fromkeys(callers)), base, head)


def _role_changes(
    role: Holder, callers: Sequence[ExternalPrincipal], base: Snapshot, head: Snapshot
) -> Iterator[Change | Unknown]:
    for caller in callers:
        yield from _call_changes(caller, None, role, base, head)
    for action, verb in _ADDITIONS.items():
        for caller in callers:
            yield from _call_changes(replace(caller, action=action), verb, role, base, head)


def _call_changes(
    caller: ExternalPrincipal, verb: str | None, role: Holder, base: Snapshot, head: Snapshot
) -> Iterator[Change | Unknown]:
    """Yield the change of one caller's call; `verb` is what it does with the role's sessions, None if it assumes."""
    role_name, name = head.name_of(role), caller.description
    does = f"{name} can now {verb} {role_name}" if verb else f"{role_name} can now be assumed by {name}"
    compared = compare_assuming(caller, base, head, role)
    for unknown in compared.unknown:
        if unknown in base.undecided_names | head.undecided_names:
            continue
        question = f"{name} can {verb} {role_name}" if verb else f"{role_name} can be assumed by {name}"
        yield Unknown(f"whether {question} depends on {unknown}")
    old, new = compared.old, compared.new
    if compared.unchanged or old == new:
        return
    words = _Words(compared)
    if not old:
        description = f"{does}{words.requirements(compared.required(new))}"
    elif not new:
        description = does.replace(" can now ", " can no longer ", 1)
    else:
        description = f"{does} {words.differences()}"
    keys = next(keys for keys in compared.before if (keys in old) is not (keys in new))
    cause = trust_cause(caller, role, (base, head), (compared.before[keys], compared.after[keys]))
    yield Change(name, _direction(old, new), description, cause, role_name)


def _direction(old: frozenset[Deviations], new: frozenset[Deviations]) -> Direction:
    if old < new:
        return Direction.BROADENED
    return Direction.NARROWED if new < old else Direction.BOTH


class _Words:
    """Words for the conditions of one caller's call."""

    def __init__(self, compared: AssumeComparison) -> None:
        self.compared = compared

    def requirements(self, required: Mapping[str, _Values]) -> str:
        """Return in parentheses what a new caller needs."""
        parts = [self._requirement(key, values) for key, values in required.items()]
        return f" ({', '.join(parts)})" if parts else ""

    def differences(self) -> str:
        """Return how the conditions of a caller changed that could and can assume the role."""
        compared = self.compared
        old, new = compared.required(compared.old), compared.required(compared.new)
        dropped = [self._dropped(key, old[key]) for key in old if key not in new]
        added = [self._added(key, new[key]) for key in new if key not in old]
        changed = [self._changed(key, old[key], new[key]) for key in new if key in old and new[key] != old[key]]
        return " and ".join(dropped + added + changed) or self._other_conditions()

    def _requirement(self, key: str, values: _Values) -> str:
        name = self._name(key)
        if self._span(key, values) or describes_caller(key):
            return f"only {self._only(key, values)}"
        if key == _MFA and values != {"true"}:
            return self._added(key, values)
        if values == {None}:
            return f"only without {_required(name)}"
        if None in values:
            return f"not with every {name}" if name in _ALWAYS_PRESENT else f"not with certain values of {name}"
        if self._has_every_call(key):
            return f"only {self._only(key, values)}"
        return f"{_certain(name) or name} required"

    def _added(self, key: str, values: _Values) -> str:
        name = self._name(key)
        if self._span(key, values) or describes_caller(key):
            return f"only {self._only(key, values)}"
        if key == _MFA:
            if "true" not in values:
                return "only without MFA"
            return "only with MFA" if values == {"true"} else _NO_SESSION
        if values == {None}:
            return f"only without {_required(name)}"
        if None in values:
            return f"not with certain {_plural(name)} any more"
        return f"only {self._only(key, values)}" if self._has_every_call(key) else f"only with {_required(name)}"

    def _dropped(self, key: str, values: _Values) -> str:
        name = self._name(key)
        if self._span(key, values) or describes_caller(key):
            return f"not only {self._only(key, values)}"
        if key == _MFA and "true" not in values:
            return "also with MFA"
        if key == _MFA and None in values:
            return f"also {_SESSION}"
        if values == {None}:
            return f"also with {_required(name)}"
        if None in values:
            return f"with any {name}" if name in _ALWAYS_PRESENT else f"also with other values of {name}"
        anything = name in _ALWAYS_PRESENT or self._has_every_call(key)
        return f"with any {name}" if anything else f"without {_required(name)}"

    def _changed(self, key: str, old: _Values, new: _Values) -> str:
        name = self._name(key)
        was, now = self._span(key, old), self._span(key, new)
        if was and now:
            return f"{now} instead of only {was}" if old < new else f"only {now} instead of {was}"
        if describes_caller(key):
            return f"only {self._only(key, new)} instead of {self._only(key, old)}"
        if key == _MFA and None in old & new:
            return f"also {_SESSION}" if old < new else _NO_SESSION
        if new == {None}:
            return f"only without {_required(name)}"
        if None in new - old:
            lost = f" and no longer with certain {_plural(name)}" if old - new else ""
            return f"also without {_required(name)}{lost}"
        if None in old - new:
            return f"only with {_required(name)}"
        if old < new:
            return f"also with a different {_singular(name)}"
        return f"only with some of the earlier {_plural(name)}" if new < old else f"with a different {_singular(name)}"

    def _other_conditions(self) -> str:
        """Return one combination of keys that was added or taken away."""
        old, new = self.compared.old, self.compared.new
        gained, lost = sorted(new - old, key=len), sorted(old - new, key=len)
        parts = [f"also {self._example(gained[0])}"] if gained else []
        return " and ".join([*parts, *([f"no longer {self._example(lost[0])}"] if lost else [])])

    def _example(self, combination: Deviations) -> str:
        return describe_context(self.compared.plan, combination) or "in a usual request"

    def _only(self, key: str, values: _Values) -> str:
        return describe_restriction(self.compared.plan, Restriction(key, self._ordered(key, values), ()))

    def _span(self, key: str, values: _Values) -> str:
        return describe_span(self.compared.plan, values, key)

    def _ordered(self, key: str, values: _Values) -> tuple[KeyValue, ...]:
        return tuple(value for value in self.compared.plan.keys[key].values if value in values)

    def _has_every_call(self, key: str) -> bool:
        """Whether every call has `key`, which has no name of its own here."""
        return key not in _KEY_NAMES and None not in self.compared.plan.keys[key].values

    def _name(self, key: str) -> str:
        return _KEY_NAMES.get(key) or self.compared.plan.written.get(key) or describe_value(key)


_SESSION = "with temporary credentials without MFA"
_NO_SESSION = f"no longer {_SESSION}"


def _certain(name: str) -> str:
    return f"certain {name}s" if name in _ALWAYS_PRESENT else ""


def _required(name: str) -> str:
    return _certain(name) or " ".join(filter(None, (_ARTICLES.get(name), name)))


def _singular(name: str) -> str:
    return name if name in _ALWAYS_PRESENT or name in _ARTICLES else f"value of {name}"


def _plural(name: str) -> str:
    return f"{name}s" if name in _ALWAYS_PRESENT or name in _ARTICLES else f"values of {name}"
