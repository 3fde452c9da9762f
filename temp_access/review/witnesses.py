"""The witnesses of proofs without the values that a search made up: words stand for them."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

from temp_access.deployment.stand_ins import BUCKET_STAND_IN, possible_deployments
from temp_access.iam.symbolic.queries import Witness
from temp_access.proofs.claim import Claim
from temp_access.review.snapshot import Snapshot

_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_NAME = re.compile(r":(?:user|assumed-role/[^/]+|role|federated-user)/(?:.*/)?([^/]+)$", re.DOTALL)
# A made-up name has nothing in common with the templates; a name for a pattern in them has.
_SHARED = 3
_Words = Callable[[str], str]


def with_words(claim: Claim, base: Snapshot, head: Snapshot) -> Claim:
    """Return the claim with words for what neither the templates nor access.toml name in its witness."""
    return replace(claim, witness=_with_words(claim.witness, base, head)) if claim.witness else claim


def _with_words(witness: Witness, base: Snapshot, head: Snapshot) -> Witness:
    assemblies = (base.assembly, head.assembly)
    known = json.dumps([[each.templates, each.account] for each in assemblies])
    known += "".join(json.dumps([sorted(each.config.grants), _folders(each)]) for each in (base, head))
    own = possible_deployments(*assemblies)[0].account
    name = match[1] if (match := _NAME.search(witness.principal)) else ""
    made_up_name = name if name and not _shares(name, known) else ""
    folder = witness.folder or ""
    made_up_folder = folder if folder and not _is_named(folder, known) else ""

    def words(text: str) -> str:
        if BUCKET_STAND_IN not in known:
            text = text.replace(BUCKET_STAND_IN, "BUCKET")
        if made_up_name:
            text = re.sub(rf"/{re.escape(made_up_name)}(?![^\s)\"':,])", "/NAME", text)
        if made_up_folder:
            text = re.sub(rf"(?<![^\s/\"'(]){re.escape(made_up_folder)}/", "FOLDER/", text)
        return _ACCOUNT.sub(lambda found: _account(found[0], own, known), text)

    return _replaced(witness, words, made_up_name, made_up_folder)


def _replaced(witness: Witness, words: _Words, name: str, folder: str) -> Witness:
    def optional(text: str | None) -> str | None:
        return None if text is None else words(text)

    def value(text: str) -> str:
        return "NAME" if name and text == name else words(text)

    return replace(
        witness,
        description=words(witness.description),
        principal=words(witness.principal),
        resource=words(witness.resource),
        folder="FOLDER" if folder else witness.folder,
        other=optional(witness.other),
        key=optional(witness.key),
        prefix=optional(witness.prefix),
        context={
            key: value(each) if isinstance(each, str) else tuple(map(value, each))
            for key, each in witness.context.items()
        },
        explanation=words(witness.explanation),
    )


def _account(number: str, own: str, known: str) -> str:
    if number in known:
        return number
    return "ACCOUNT" if number == own else "ANOTHER-ACCOUNT"


def _folders(snapshot: Snapshot) -> list[str]:
    return [grant.folder for grant in snapshot.config.grants.values()]


def _is_named(text: str, known: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(text)}(?![\w-])", known) is not None


def _shares(name: str, known: str) -> bool:
    parts = {name[start : start + _SHARED] for start in range(len(name) - _SHARED + 1)}
    return any(part in known for part in parts) if parts else _is_named(name, known)
