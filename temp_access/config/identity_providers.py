"""Reading `[identity_providers]` and `[tags]`."""

import re
from collections.abc import Mapping

from temp_access.config.borrower import IdentityProvider
from temp_access.config.table import TableReader, key_path

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
_ISSUER = re.compile(r"https://[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+(?:/[\w.~-]+)*", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_MAX_ISSUER, _MAX_AUDIENCE = 255, 255
_AUDIENCE = re.compile(r"[!-~]+")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
_TAG_KEY = re.compile(r"[\w .:/=+@-]{1,128}")
_TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")
# AWS accepts 50 tags on a resource; the stacks add up to 3.
MAX_TAGS = 47


def read_identity_providers(table: TableReader) -> dict[str, IdentityProvider]:
    """Return the valid identity providers by name."""
    providers: dict[str, IdentityProvider] = {}
    for name in table:
        entry = table.table(name)
        entry.allow_only("issuer", "audience", "create")
        issuer, audience = entry.string("issuer"), entry.string("audience")
        create = entry.boolean("create", False)
        problems = [
            (
                "issuer",
                issuer,
                _issuer_problem,
                "is missing; write the `iss` of its tokens, such as https://login.example.com",
            ),
            (
                "audience",
                audience,
                _audience_problem,
                "is missing; write the `aud` of its tokens, such as sts.amazonaws.com",
            ),
        ]
        is_valid = True
        for key, value, check, missing in problems:
            problem = missing if key not in entry else check(value) if value is not None else ""
            if problem:
                entry.add_finding(key, problem)
            is_valid = is_valid and problem is None
        if not _NAME.fullmatch(name):
            entry.add_finding(None, "the name must be 1 to 64 letters, digits, _ and -, because borrowers name it")
        elif is_valid and issuer and audience:
            twin = next((other for other in providers.values() if other.issuer == issuer), None)
            if twin:
                # An account can have one provider for each issuer, whose ARN is made from it.
                entry.add_finding(
                    "issuer",
                    f"{issuer!r} is also the issuer of {key_path('identity_providers', twin.name)}; merge them",
                )
            providers[name] = IdentityProvider(name, issuer, audience, create)
    return providers


def _issuer_problem(issuer: str) -> str | None:
    if len(issuer) > _MAX_ISSUER:
        return f"the issuer has {len(issuer)} characters, and the maximum is {_MAX_ISSUER}"
    if issuer.endswith("/") and _ISSUER.fullmatch(issuer.rstrip("/")):
        # IAM keeps the slash, and then it is in the names of the condition keys.
        return None if issuer.count("/") == 3 else f"{issuer!r} ends with '/'; write it as in the tokens' `iss`"
    if not _ISSUER.fullmatch(issuer):
        return f"{issuer!r} isn't an issuer that IAM accepts; write an https URL without a port, a query or a fragment"
    return None


def _audience_problem(audience: str) -> str | None:
    if len(audience) > _MAX_AUDIENCE or not _AUDIENCE.fullmatch(audience):
        return f"{audience!r} isn't an audience that IAM accepts; use 1 to {_MAX_AUDIENCE} characters without blanks"
    if "*" in audience or "?" in audience or "$" in audience:
        return f"{audience!r} has a wildcard or a variable; write the one audience that the tokens are made for"
    return None


def read_tags(table: TableReader) -> Mapping[str, str]:
    """Return the tags of all resources."""
    tags: dict[str, str] = {}
    for key in table:
        value = table.value(key)
        if problem := _tag_key_problem(key, tags):
            table.add_finding(key, problem)
        elif not isinstance(value, str) or not _TAG_VALUE.fullmatch(value):
            table.add_finding(
                key, f"{value!r} isn't a tag's value; write a string of up to 256 letters, digits, blanks and .:/=+@_-"
            )
        else:
            tags[key] = value
    if len(tags) > MAX_TAGS:
        table.add_finding(None, f"there are {len(tags)} tags, and the maximum is {MAX_TAGS}; remove some")
    return tags


def _tag_key_problem(key: str, known: Mapping[str, str]) -> str | None:
    if not _TAG_KEY.fullmatch(key):
        return f"{key!r} isn't a tag's key; use 1 to 128 letters, digits, blanks and .:/=+@_-"
    if key.lower().startswith(("aws:", "temp-access:")):
        return f"{key!r} begins with a prefix that AWS or this project uses itself; choose another key"
    twin = next((other for other in known if other.lower() == key.lower()), None)
    # IAM's tag keys aren't case-sensitive.
    return f"{key!r} differs from {twin!r} only by case, which IAM doesn't distinguish; remove one" if twin else None
