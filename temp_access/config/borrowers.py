"""Reading `borrowers` of a grant."""

import re
from collections.abc import Container, Iterator, Mapping

from temp_access.config.borrower import Borrower, BorrowerKind, IdentityProvider
from temp_access.config.model import Grant, User
from temp_access.config.table import TableReader, did_you_mean, format_duration, key_path
from temp_access.config.validation import external_id_problem, iam_name_problem, parse_principal
from temp_access.iam.sts_limits import MIN_ROLE_MAXIMUM

_FORMS = (
    "user/NAME, role/NAME, the ARN of an IAM user or role, sso/PERMISSION-SET, sso/PERMISSION-SET/USERNAME, "
    "oidc/PROVIDER/SUBJECT or service/NAME.amazonaws.com"
)
# https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
_PERMISSION_SET = re.compile(r"[\w+=,.@-]{1,32}", re.ASCII)
# The username is the role session name of the person's session, which has at most 64 characters:
# https://docs.aws.amazon.com/singlesignon/latest/userguide/using-predefined-attributes.html
_USERNAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+){0,3}\.amazonaws\.com(\.cn)?")
# What a trust policy can contain: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_SUBJECT = re.compile(r"[ -~\xa1-\xff]{1,255}")


class BorrowerReader:
    """Reads the borrowers of all grants; they refer to the users and the identity providers of the same file."""

    def __init__(
        self,
        *,
        user: User,
        users: Mapping[str, User],
        providers: Mapping[str, IdentityProvider],
        unreadable: Container[str],
        account: str | None,
    ) -> None:
        """Use these tables; `unreadable` names providers that have findings of their own."""
        self._user = user
        self._users = users
        self._providers = providers
        self._unreadable = unreadable
        self._account = account

    def read(self, table: TableReader) -> tuple[Borrower, ...]:
        """Return the valid borrowers of a grant's table."""
        found: dict[tuple[object, ...], Borrower] = {}
        for entry in table.strings_or_tables("borrowers", "principal"):
            entry.allow_only("principal", "external_id")
            borrower = self._borrower(entry)
            if borrower is None:
                continue
            if twin := found.get(borrower.identity):
                entry.add_finding("principal", f"{borrower.text!r} is already there as {twin.text!r}; remove one")
            found.setdefault(borrower.identity, borrower)
        return tuple(found.values())

    def _borrower(self, entry: TableReader) -> Borrower | None:
        text, external_id = entry.string("principal"), entry.string("external_id")
        if text is None:
            if "principal" not in entry:
                entry.add_finding("principal", f"is missing; write {_FORMS}")
            return None
        if external_id and (problem := external_id_problem(external_id)):
            entry.add_finding("external_id", problem)
        kind, _, rest = text.partition("/")
        readers = {"sso": _sso, "oidc": self._oidc, "service": _service}
        reader = readers.get(kind)
        borrower = reader(entry, text, rest) if reader else self._principal(entry, text, external_id)
        if borrower and external_id and borrower.account is None:
            entry.add_finding("external_id", "is only for a principal of another account; remove it")
        return borrower

    def _principal(self, entry: TableReader, text: str, external_id: str | None) -> Borrower | None:
        parsed = parse_principal(text)
        if parsed is None or parsed[1] == "root":
            known = [f"user/{name}" for name in self._users]
            whole = "; a whole account can't borrow a grant" if parsed else did_you_mean(text, known)
            entry.add_finding("principal", f"{text!r} isn't a borrower{whole}; write {_FORMS}")
            return None
        account, resource = parsed
        if account == self._account:
            account = None
        kind, _, name = resource.partition("/")
        if problem := iam_name_problem(name.rpartition("/")[2], 64):
            entry.add_finding("principal", problem)
            return None
        if account is None and kind == "user" and name.lower() == self._user.name.lower():
            entry.add_finding(
                "principal",
                f"{text!r} is the user of [user], which borrows through the role of [role]; remove `borrowers`, or "
                "name another user, such as one of [users.<name>]",
            )
        twin = next((other for other in self._users if other.lower() == name.lower()), None)
        if account is None and kind == "user" and twin and name not in self._users:
            # A trust policy is compared with case, and the account can have no second user of this name.
            entry.add_finding(
                "principal", f"{text!r} differs from {key_path('users', twin)} by case; write user/{twin}"
            )
        if account is not None and "external_id" not in entry:
            entry.add_finding(
                "external_id",
                f"is missing; without it, account {account} could be tricked into using the role for someone else "
                f"(confused deputy); write {{ principal = {text!r}, external_id = … }} with the external id that this "
                "account passes to AssumeRole",
            )
        return Borrower(text, BorrowerKind(kind), name, account=account, external_id=external_id)

    def _oidc(self, entry: TableReader, text: str, rest: str) -> Borrower | None:
        name, _, subject = rest.partition("/")
        provider = self._providers.get(name)
        if provider is None and name in self._unreadable:
            return None
        if provider is None:
            known = f"use one of {', '.join(self._providers)}" if self._providers else "add [identity_providers.<name>]"
            entry.add_finding(
                "principal",
                f"{text!r}: there is no identity provider {name!r}{did_you_mean(name, self._providers)}; {known}",
            )
            return None
        if problem := _subject_problem(provider, subject):
            entry.add_finding("principal", f"{text!r}: {problem}")
            return None
        return Borrower(text, BorrowerKind.OIDC, name, detail=subject)


def _subject_problem(provider: IdentityProvider, subject: str) -> str | None:
    if not subject:
        return "there is no subject; write the `sub` of the tokens behind the provider's name"
    if not _SUBJECT.fullmatch(subject):
        return "the subject isn't one that a trust policy can contain; use up to 255 characters, U+0020 to U+00FF"
    if subject.startswith("*"):
        return "the subject begins with a wildcard, so anybody's token could match; begin with literal text"
    # Imported here, because a file without tokens doesn't need its patterns.
    from temp_access.iam.token_issuers import required_subject, required_subject_form

    required = required_subject(provider.host)
    if required and not required.match(subject):
        return (
            f"{provider.host} signs tokens for everybody with an account there, so the subject must begin with "
            f"{required_subject_form(provider.host)}, before any wildcard"
        )
    return None


def _sso(entry: TableReader, text: str, rest: str) -> Borrower | None:
    permission_set, slash, username = rest.partition("/")
    if not _PERMISSION_SET.fullmatch(permission_set):
        entry.add_finding(
            "principal",
            f"{text!r}: {permission_set!r} isn't the name of a permission set; use 1 to 32 letters, digits and +=,.@_-",
        )
    elif slash and not _USERNAME.fullmatch(username):
        entry.add_finding(
            "principal",
            f"{text!r}: {username!r} isn't a username of IAM Identity Center; use 2 to 64 letters, digits and "
            "+=,.@_-, or leave out the last / for everybody with the permission set",
        )
    else:
        return Borrower(text, BorrowerKind.SSO, permission_set, detail=username or None)
    return None


def _service(entry: TableReader, text: str, rest: str) -> Borrower | None:
    if _SERVICE.fullmatch(rest):
        return Borrower(text, BorrowerKind.SERVICE, rest)
    entry.add_finding(
        "principal", f"{text!r}: {rest!r} isn't a service principal; write one such as lambda.amazonaws.com"
    )
    return None


def borrower_warnings(
    grants: Mapping[str, Grant], users: Mapping[str, User], providers: Mapping[str, IdentityProvider]
) -> list[str]:
    """Return warnings on durations that no role can enforce, and on users and providers that no grant names."""
    named = [each for grant in grants.values() for each in grant.borrowers]
    names = {kind: {each.name for each in named if each.kind is kind and each.account is None} for kind in BorrowerKind}
    return [
        *(
            f"{key_path('grants', id_)}.duration: {format_duration(grant.duration)} is under "
            f"{format_duration(MIN_ROLE_MAXIMUM)}, the least maximum of a role, so its borrowers can have sessions of "
            "that length"
            for id_, grant in grants.items()
            if grant.borrowers and grant.duration and grant.duration < MIN_ROLE_MAXIMUM
        ),
        *(
            f"{id_path}: {text!r} may send no aws:SourceAccount, so a customer's resource in another account could use "
            "the role, if it can be told to (confused deputy)"
            for id_path, text in _unbound_services(grants)
        ),
        *(
            f"{key_path('users', name)}: no grant names user/{name}, so it can borrow nothing"
            for name in users
            if name not in names[BorrowerKind.USER]
        ),
        *(
            f"{key_path('identity_providers', name)}: no grant names it, so nobody can borrow by its tokens"
            for name in providers
            if name not in names[BorrowerKind.OIDC]
        ),
    ]


def _unbound_services(grants: Mapping[str, Grant]) -> Iterator[tuple[str, str]]:
    for id_, grant in grants.items():
        for each in grant.borrowers:
            if each.kind is BorrowerKind.SERVICE and _is_unbound(each.name):
                yield f"{key_path('grants', id_)}.borrowers", each.text


def _is_unbound(service: str) -> bool:
    # Imported here, because a file without services doesn't need its table.
    from temp_access.iam.service_principals import sends_source_account, source_keys

    return sends_source_account(service) is None and not source_keys(service)
