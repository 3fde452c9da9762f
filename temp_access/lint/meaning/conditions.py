"""Whether a condition block limits a key, by trying it with values that the key can have.

A block is compiled as the evaluator compiles it, so that operators in any case, IfExists, set operators, `Null` and
ordered values count by what they mean: a condition that holds without its key, or for every value that a caller can
have, limits nobody.
"""

from collections.abc import Callable, Iterable, Sequence

from temp_access.iam.conditions import OPERATORS, Condition, compile_condition
from temp_access.iam.patterns import COLONS_OF_ARN, split_pattern
from temp_access.iam.statements import ConditionEntry
from temp_access.lint.meaning.patterns import ANYBODY, without_variables
from temp_access.lint.meaning.probes import PRESENCE_LIMITS, probe_groups

_PREFIXES = ("s3:prefix", "s3-outposts:prefix")
# What a listing can ask for: nothing, an empty text, a folder's separator, and a character that no name has.
_DELIMITERS = (None, "", "/", "\x01")
_NAMES = ("a", "B", "0", "bob", "zz/x", "_", "-")


def operator_name(entry: ConditionEntry) -> str:
    """Return the operator in lower case, without its set operator and IfExists."""
    return entry.operator.lower().rpartition(":")[2].removesuffix("ifexists")


def is_negated(entry: ConditionEntry) -> bool:
    """Whether it holds for every value but the listed ones."""
    return operator_name(entry) in OPERATORS and OPERATORS[operator_name(entry)].negated


def has_pattern_values(entry: ConditionEntry) -> bool:
    """Whether `*` and `?` in the values are wildcards."""
    return operator_name(entry).endswith("like") or operator_name(entry).startswith("arn")


def requires_key(conditions: Iterable[ConditionEntry], key: str) -> bool:
    """Whether the conditions on a key (in lower case) don't hold for a request without that key."""
    return not _holds([each for each in conditions if each.lower_key == key])(None)


def limits(conditions: Sequence[ConditionEntry], key: str, accounts: Sequence[str] = ()) -> bool:
    """Whether the conditions on a key (in lower case) exclude some of the values that callers can have.

    `accounts` are those that the callers belong to, if they are known.
    """
    entries = [each for each in conditions if each.lower_key == key]
    holds = _holds(entries)
    if not entries or holds(None):
        return False
    groups = probe_groups(key, [(operator_name(each), each.values) for each in entries], accounts)
    return key in PRESENCE_LIMITS or not any(all(map(holds, group)) for group in groups)


def may_limit(condition: ConditionEntry) -> bool:
    """Whether a condition whose keys aren't known before the deployment may require one of them."""
    operator = condition.operator.lower()
    loose = operator.endswith("ifexists") or operator.startswith("forallvalues:") or operator_name(condition) == "null"
    return not (condition.keys_known or loose or is_negated(condition))


def limits_any(conditions: Sequence[ConditionEntry], accounts: Sequence[str] = ()) -> bool:
    """Whether the conditions on one of their keys limit it."""
    known = {each.lower_key for each in conditions if each.keys_known}
    return any(map(may_limit, conditions)) or any(limits(conditions, key, accounts) for key in known)


def limits_listing(conditions: Sequence[ConditionEntry]) -> bool:
    """Whether the conditions on prefix and delimiter keep a caller from listing the names of all objects.

    An empty prefix is no prefix; with the delimiter `/` it lists the names at the top only:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html
    """
    prefixes = [each for each in conditions if each.lower_key in _PREFIXES]
    delimiters = [each for each in conditions if each.lower_key.endswith(":delimiter")]
    if not prefixes:
        return False
    prefix_holds, delimiter_holds = _holds(prefixes), _holds(delimiters)
    if all(map(prefix_holds, _NAMES)):
        return False
    flat = any(delimiter_holds(each) for each in _DELIMITERS if each != "/")
    return not (flat and (prefix_holds(None) or prefix_holds("")))


def _holds(entries: Iterable[ConditionEntry]) -> Callable[[str | None], bool]:
    compiled = [(each.lower_key, _compiled(each)) for each in entries]

    def holds(value: str | None) -> bool:
        return all(condition.holds(ANYBODY._replace(context={key: value})) for key, condition in compiled)

    return holds


def _compiled(entry: ConditionEntry) -> Condition:
    """Compile an entry without the values that can't be read, which are references or mistakes."""
    key, values = entry.lower_key, [without_variables(each) for each in entry.values]
    if operator_name(entry).startswith("arn"):
        # AWS doesn't say what a short ARN matches; one that ends with `*` may match all of the rest.
        values = [each + ":*" * (COLONS_OF_ARN - each.count(":")) if each.endswith("*") else each for each in values]
    readable = tuple(each for each in values if _can_read(entry.operator, key, each))
    try:
        return compile_condition(entry.operator, key, readable, variables=True)
    except ValueError:
        return _Unreadable()


def _can_read(operator: str, key: str, value: str) -> bool:
    try:
        split_pattern(value, variables=True, wildcards=True)
        compile_condition(operator, key, (value,), variables=True)
    except ValueError:
        return False
    return True


class _Unreadable:
    """A condition with an unknown operator: it holds for nobody."""

    def holds(self, _request: object) -> bool:
        """Never."""
        return False
