"""The variants of a resource: what it can be for the values of conditions, parameters and mappings."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from temp_access.cfn.assumptions import TemplateFacts
from temp_access.cfn.choices import Choices, ImpossibleChoice, all_outcomes
from temp_access.cfn.intrinsics import NO_VALUE
from temp_access.cfn.reading import Items, Path, Reading
from temp_access.iam.statements import as_mapping

# The most combinations of conditions and values that are read: of a resource, and else of each of its statements and
# of what it has besides.
_LIMIT = 256
_PART_LIMIT = 512
# The properties with the statements of a resource, and with the names of those that have its policies.
_STATEMENTS = frozenset(
    (
        "AssumeRolePolicyDocument",
        "Groups",
        "InlinePolicy",
        "KeyPolicy",
        "Policies",
        "Policy",
        "PolicyDocument",
        "RepositoryPolicyText",
        "ResourcePolicy",
        "Roles",
        "RoleName",
        "UserName",
        "Users",
    )
)
_RELEVANT = _STATEMENTS | {"ManagedPolicies", "ManagedPolicyArns", "PermissionsBoundary"}


@dataclass(frozen=True, slots=True)
class Variant:
    """A resource without functions, and the values in it that parameters have, by their references.

    In an imaginary variant the references to parameters stand for values that are known. It shows how a value of the
    variants with these values is written. A variant with defaults has those of parameters that nothing else depends on:
    a default can be there only to be replaced.
    """

    resource: Mapping[str, Any]
    values: Mapping[str, str]
    is_imaginary: bool = False
    has_defaults: bool = False

    def written_place(self, place: str) -> str:
        """Return the path of a value with the positions that the items of lists have in the template."""
        value: object = self.resource
        parts: list[str] = []
        for part in place.split("."):
            if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
                written = value.written if isinstance(value, Items) else ()
                parts.append(str(written[int(part)]) if int(part) < len(written) else part)
                value = value[int(part)]
            else:
                parts.append(part)
                value = as_mapping(value).get(part)
        return ".".join(parts)


@dataclass(frozen=True, slots=True)
class Variants:
    """The variants of a resource; `problem` is why they aren't all."""

    variants: Sequence[Variant]
    problem: str | None = None


def resource_variants(facts: TemplateFacts, resource: Mapping[str, Any]) -> Variants:
    """Return the variants of a resource, without those in which it doesn't exist.

    If there are too many for a resource, there are those of each of its statements, without the others.
    """
    try:
        return _variants(facts, resource)
    except RecursionError:
        return Variants((), "it is nested too deeply")


def document_variants(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the variants of a policy document whose template isn't known."""
    for variant in resource_variants(TemplateFacts({}), {"Properties": {"PolicyDocument": document}}).variants:
        yield as_mapping(variant.resource["Properties"].get("PolicyDocument"))


def _variants(facts: TemplateFacts, resource: Mapping[str, Any]) -> Variants:
    everything, is_complete = _all(facts, resource, _LIMIT)
    if is_complete:
        can_be_absent = "Condition" in resource or everything
        return Variants(
            _sorted(everything), None if can_be_absent else "it can't be deployed with any value of its references"
        )
    variants: list[Variant] = []
    documents = dict(_documents(resource))
    exceeded: list[Path | None] = []
    for document, statements in documents.items():
        others = frozenset(documents) - {document}
        for statement in statements:
            found, is_complete = _all(facts, resource, _PART_LIMIT, statement, others)
            variants += found
            exceeded += [] if is_complete else [statement]
    rest, is_complete = _all(facts, resource, _PART_LIMIT, None, frozenset(documents))
    variants += rest + everything[:1] + everything[-1:]
    exceeded += [] if is_complete else [None]
    for scope in exceeded:
        variants += _distinct(_with_each_branch(facts, resource, scope))
    problem = "it has too many combinations of conditions and values: each branch is read, but not each combination"
    return Variants(_sorted(variants), problem if exceeded else None)


def _all(
    facts: TemplateFacts,
    resource: Mapping[str, Any],
    limit: int,
    statement: Path | None = None,
    left_out: frozenset[Path] = frozenset(),
) -> tuple[list[Variant], bool]:
    def compute(choices: Choices) -> Variant:
        return _read(facts, resource, Reading(facts, choices, statement=statement, left_out=left_out))

    variants, is_complete = all_outcomes(compute, limit)
    return _distinct(variants), is_complete


def _read(facts: TemplateFacts, resource: Mapping[str, Any], reading: Reading) -> Variant:
    if "Condition" in resource and not reading.assumptions.condition(resource["Condition"]):
        raise ImpossibleChoice
    properties = resource.get("Properties")
    path = ("Properties",)
    if isinstance(properties, Mapping) and not any(key == "Ref" or key.startswith("Fn::") for key in properties):
        relevant = _RELEVANT if reading.statement is None else _STATEMENTS
        names = sorted(properties, key=lambda name: name not in relevant)
        read = {name: reading.read_property(name, properties[name], relevant=name in relevant) for name in names}
        value: Any = {name: read[name] for name in properties if read[name] is not NO_VALUE}
    else:
        value = reading.read(properties, path)
    if not reading.found_statement:
        raise ImpossibleChoice
    whole = {**resource, "Properties": {} if value is NO_VALUE else value}
    assumed = reading.assumptions
    return Variant(whole, assumed.written, assumed.is_imaginary, assumed.has_defaults)


def _distinct(variants: Iterable[Variant]) -> list[Variant]:
    by_text: dict[str, Variant] = {}
    for variant in variants:
        text = json.dumps([variant.resource, variant.is_imaginary, variant.has_defaults], sort_keys=True, default=str)
        by_text.setdefault(text, variant)
    return [*by_text.values()]


def _sorted(variants: list[Variant]) -> list[Variant]:
    # A finding is shown with references, if it doesn't depend on their values.
    return sorted(variants, key=lambda variant: len(variant.values))


def _documents(resource: Mapping[str, Any]) -> Iterator[tuple[Path, list[Path]]]:
    """Yield the path of each policy document, and those of its statements."""

    def documents(value: object, path: Path) -> Iterator[tuple[Path, list[Path]]]:
        if isinstance(value, Mapping):
            if "Statement" in value:
                yield path, list(_items(value["Statement"], (*path, "Statement")))
                return
            for key, item in value.items():
                yield from documents(item, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from documents(item, (*path, index))

    yield from documents(resource.get("Properties"), ("Properties",))


def _items(value: object, path: Path) -> Iterator[Path]:
    branches = value.get("Fn::If") if isinstance(value, Mapping) and len(value) == 1 else None
    if isinstance(branches, list) and len(branches) == 3:
        for index in (1, 2):
            yield from _items(branches[index], (*path, "Fn::If", index))
    elif isinstance(value, list):
        yield from ((*path, index) for index in range(len(value)))
    else:
        yield path


def _with_each_branch(facts: TemplateFacts, resource: Mapping[str, Any], scope: Path | None) -> Iterator[Variant]:
    """Yield variants that together have each branch of each Fn::If in a statement, or in the whole resource."""
    for forced in _branches(resource.get("Properties"), ("Properties",), {}):
        last = [*forced][-1]
        if scope is None or last[: len(scope)] == scope or scope[: len(last)] == last:
            try:
                yield _read(facts, resource, Reading(facts, Choices(), statement=scope, forced=forced))
            except ImpossibleChoice:
                continue


def _branches(value: object, path: Path, forced: dict[Path, int]) -> Iterator[dict[Path, int]]:
    """Yield the branches that lead to each branch of each Fn::If, that one last."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _branches(item, (*path, index), forced)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key == "Fn::If" and len(value) == 1 and isinstance(item, list) and len(item) == 3:
                for branch in (0, 1):
                    chosen = {**forced, (*path, key): branch}
                    yield chosen
                    yield from _branches(item[branch + 1], (*path, key, branch + 1), chosen)
            else:
                yield from _branches(item, (*path, key), forced)
