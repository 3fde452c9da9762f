"""Words for actions, resources and prefixes."""

import re
from collections.abc import Iterable
from types import MappingProxyType

from temp_access.review.changes.conditions import describe_context, describe_restriction, is_exact
from temp_access.review.compare.actions import is_pattern, is_placeholder
from temp_access.review.compare.contexts import ContextPlan
from temp_access.review.compare.generalize import AccessDelta
from temp_access.review.model import counted
from temp_access.review.names import ACCOUNT, BUCKET, GRANT_TOKEN, PARTITION, ROLE, SESSIONS, USER

_OBJECT_VERBS = MappingProxyType({"s3:getobject": "read", "s3:putobject": "upload", "s3:deleteobject": "delete"})
_OTHER_VERBS = MappingProxyType(
    {
        "s3:listbucket": "list objects",
        "s3:getbucketlocation": "read the bucket's Region",
        "s3:abortmultipartupload": "abort uploads",
        "s3:listmultipartuploadparts": "list the parts of uploads",
    }
)
_MAX_ACTIONS = 8
_TOKEN_NAMES = MappingProxyType({BUCKET: "the bucket", ROLE: "the role", USER: "the user"})


def describe_scope(pattern: str, prefix: str | None, *, whole: bool) -> str:
    """Return where access applies, e.g. `in bob/`; `whole` if it applies to everything that `pattern` matches."""
    if prefix is not None:
        bucket = "" if pattern == BUCKET else f" of {humanize(pattern)}"
        return (_describe_keys(prefix) if whole else f"under the prefix {prefix!r}") + bucket
    if pattern.startswith(f"{BUCKET}/"):
        key = pattern.removeprefix(f"{BUCKET}/")
        return _describe_keys(key) if whole and "*" in key else f"at {key}" if whole else f"at {key}, for example"
    return "on everything" if pattern == "*" else f"on {_TOKEN_NAMES.get(pattern, humanize(pattern))}"


def describe_access(deltas: Iterable[AccessDelta], plan: ContextPlan, *, further: int = 0) -> str:
    """Return the actions of `deltas` in their one scope, e.g. `read and delete objects in bob/`.

    `further` is the number of other scopes with the same actions.
    """
    deltas = list(deltas)
    first = deltas[0]
    names = dict.fromkeys(delta.action for delta in deltas)
    actions = describe_actions(names, partly=not first.gained and bool(first.unchanged_actions))
    scope = describe_scope(first.pattern, first.prefix, whole=first.whole)
    more = f" and {counted(further, 'more resource')} (see the cause)" if further else ""
    exception = f" except {describe_scope(*first.exception, whole=True)}" if first.exception else ""
    context = describe_context(plan, first.context)
    condition = f", {context}" if context else ""
    return f"{actions} {scope}{more}{exception}{condition}{_unchanged_suffix(first, plan)}"


def describe_actions(names: Iterable[str], *, partly: bool = False) -> str:
    """Return actions in words, e.g. `read and delete objects`; `partly` if some that a pattern matches are left out."""
    names = list(names)
    known = [verb for name, verb in _OBJECT_VERBS.items() if name in map(str.lower, names)]
    parts = [f"{_join(known)} objects"] if known else []
    parts += [phrase for name, phrase in _OTHER_VERBS.items() if name in map(str.lower, names)]
    calls = [name for name in names if name.lower() not in {*_OBJECT_VERBS, *_OTHER_VERBS}]
    if calls:
        actions = sorted((name for name in calls if not is_placeholder(name)), key=lambda name: not is_pattern(name))
        # A placeholder represents the actions that this project doesn't list.
        others = sorted({f"other {name.partition(':')[0]} actions" for name in calls if is_placeholder(name)})
        parts.append(f"call {'all of ' if partly else ''}{_join(_shorten(actions + others))}")
    return _join(parts)


def describe_target(delta: AccessDelta) -> str:
    """Return the name of the scope, for the access map."""
    scope = describe_scope(delta.pattern, delta.prefix, whole=delta.whole)
    return re.sub(r"^(in|on|at|under|with) |, for example$", "", scope)


def humanize(pattern: str) -> str:
    """Return a normalized pattern with words in place of its tokens."""
    for token, name in ((SESSIONS, "the role's session "), *_TOKEN_NAMES.items()):
        pattern = pattern.replace(token, name)
    pattern = GRANT_TOKEN.sub(_grant_words, pattern)
    return pattern.replace(PARTITION, "arn:aws:").replace(ACCOUNT, ":ACCOUNT:").replace("${$}{", "${")


def _grant_words(token: re.Match[str]) -> str:
    return f"the role of {token[2]}" if token[1] == "role" else f"a session of {token[2]} with the name "


def _shorten(names: list[str]) -> list[str]:
    # An AWS managed policy can name a thousand actions; the cause lists them all.
    return (
        names
        if len(names) <= _MAX_ACTIONS
        else [*names[: _MAX_ACTIONS - 1], f"{len(names) - _MAX_ACTIONS + 1} more actions"]
    )


def _unchanged_suffix(delta: AccessDelta, plan: ContextPlan) -> str:
    """Return what was allowed before too (or is still allowed), in parentheses; "" if that is nothing."""
    parts = []
    if delta.unchanged_actions:
        parts.append(describe_actions(delta.unchanged_actions))
    if delta.unchanged_part:
        parts.append(describe_scope(*delta.unchanged_part, whole=True))
    if delta.restriction and not is_exact(plan, delta.context, delta.restriction.key):
        parts.append(describe_restriction(plan, delta.restriction))
    return f" ({'previously' if delta.gained else 'now'} only {' and only '.join(parts)})" if parts else ""


def _describe_keys(pattern: str) -> str:
    if pattern == "*":
        return "in the whole bucket"
    literal = pattern.removesuffix("*")
    if "*" in literal.replace("${*}", "") or "?" in literal.replace("${?}", ""):
        return f"with keys that match {pattern}"
    literal = literal.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
    return f"in {literal}" if literal.endswith("/") or pattern == literal else f"with keys that begin with {literal}"


def _join(parts: list[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
