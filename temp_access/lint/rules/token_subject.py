"""A role trusts the tokens of an identity provider only with a subject that begins with a literal.

Of an issuer that signs tokens for everybody, the literal part names the owner, and what of the owner's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
"""

import re
from collections.abc import Iterator
from enum import IntEnum

from temp_access.iam.statements import StatementView
from temp_access.iam.token_issuers import TokenIssuer, token_issuer
from temp_access.lint.meaning.conditions import limits
from temp_access.lint.meaning.tokens import TokenProvider, key_host, token_providers
from temp_access.lint.model import Violation

# Claims of GitHub that say as much as its subject, or what a subject of a whole repository leaves open.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
_GITHUB = "token.actions.githubusercontent.com"
_WHOSE = {"repository": "repo:", "job_workflow_ref": "job_workflow_ref:", "repository_id": "repository_id:"}
_WHICH = ("environment", "job_workflow_ref", "ref", "repository", "repository_id", "workflow")
# Microsoft's own tenant, which names the customer in the session's name.
# https://learn.microsoft.com/azure/sentinel/connect-aws-configure-environment
_SENTINEL = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d"
_REFERENCE = re.compile(r"<[^<>]*>")
# What a reference can be: a name, an owner with a repository, or all of a subject's beginning.
_FILLINGS = ("x", "x/x")


class _Width(IntEnum):
    """How much a value leaves open, widest first."""

    ANYBODY = 0
    OWNER = 1
    NARROW = 2


_Widths = list[tuple[str, _Width]]


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each provider whose tokens are accepted without a subject, and each subject that is too wide."""
    for provider in token_providers(statement):
        if not provider.is_built_in:
            yield from _check(provider)


def _check(provider: TokenProvider) -> Iterator[Violation]:
    alternatives = [*_subjects(provider), *_other_claims(provider)]
    if alternatives:
        # All conditions have to hold, so that the narrowest one decides.
        for value, width in max(alternatives, key=_widest):
            if width is not _Width.NARROW and not (width is _Width.OWNER and provider.limits(*_WHICH)):
                yield _too_wide(provider, value, width)
        return
    if _is_of_own_session(provider):
        return
    issuer = _issuer(provider)
    if issuer and issuer.audience_names_owner and provider.limits("aud"):
        yield Violation(
            provider.shown,
            f"every token of {provider.shown} that its owner has can assume the role; require a value of "
            f"{provider.host or 'PROVIDER'}:sub that begins with {issuer.form}",
            "warning",
        )
        return
    key = f"{provider.host or 'PROVIDER'}:sub"
    written = " and ".join(each.text for each in provider.conditions if each.lower_key in provider.keys("sub"))
    if any(_widest(each) is _Width.NARROW for each in _subjects(provider, loosely=True)):
        yield Violation(
            provider.shown,
            f"{written} holds for a token without this claim, and so if its key is misspelt; use StringEquals or "
            "StringLike alone",
            "warning",
        )
    else:
        loose = f" ({written} excludes only some)" if written else ""
        yield Violation(
            provider.shown,
            f"every token of {provider.shown} can assume the role, whatever its subject{loose}; require a value of "
            f"{key} that begins with a literal",
        )


def _subjects(provider: TokenProvider, *, loosely: bool = False) -> Iterator[_Widths]:
    for key in provider.keys("sub"):
        for values in provider.values(key, loosely=loosely):
            yield [(written, _width(provider.host or key_host(key), pattern)) for written, pattern in values]


def _widest(widths: _Widths) -> _Width:
    return min((width for _, width in widths), default=_Width.NARROW)


def _too_wide(provider: TokenProvider, value: str, width: _Width) -> Violation:
    issuer = _issuer(provider)
    advice = f"begin it with {issuer.form}" if issuer else "begin it with what only the trusted tokens have"
    if width is _Width.OWNER:
        return Violation(
            value, f"the subject {value} names its owner, but not what of the owner's; {advice}", "warning"
        )
    return Violation(value, f"the subject {value} can be that of anybody's token; {advice}")


def _issuer(provider: TokenProvider) -> TokenIssuer | None:
    hosts = [provider.host or "", *map(key_host, provider.keys("sub", "aud"))]
    return next(filter(None, map(token_issuer, hosts)), None)


def _is_of_own_session(provider: TokenProvider) -> bool:
    hosts = (provider.host, *map(key_host, provider.keys("aud")))
    return _SENTINEL in hosts and limits(provider.conditions, "sts:rolesessionname")


def _other_claims(provider: TokenProvider) -> Iterator[_Widths]:
    for claim, prefix in _WHOSE.items():
        for key in provider.keys(claim):
            if key_host(key) == _GITHUB:
                for values in provider.values(key):
                    yield [(written, _width(_GITHUB, prefix + pattern)) for written, pattern in values]


def _width(host: str, value: str) -> _Width:
    if value.startswith("*"):
        return _Width.ANYBODY
    issuer = token_issuer(host)
    if not issuer or value.startswith("<"):
        return _Width.NARROW
    if "://" not in value:
        # A parameter's default can be empty: nobody has such a name.
        value = re.sub(r"(?<=[:/])(?=[:/])", "x", value)
    width = _Width.ANYBODY
    for filling in _FILLINGS:
        filled = _REFERENCE.sub(filling, value)
        if issuer.subject.match(filled):
            return _Width.NARROW
        if issuer.owner.match(filled):
            width = _Width.OWNER
    return width
