"""What IAM, S3 and STS take as names, ids, folders."""

import ipaddress
import re

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_IAM_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_USER_NAME = "${aws:username}"
_SESSION_PATTERN = re.compile(r"(?:[\w+=,.@*?-]|\$\{aws:username\})+", re.ASCII)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_POLICY_ARN = re.compile(r"arn:aws(-[a-z]+)*:iam::(aws|[0-9]{12}):policy/[\w+=,.@/-]+", re.ASCII)
_PRINCIPAL_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:iam::([0-9]{12}):((?:user|role)/[\w+=,.@/-]+|root)", re.ASCII)
# Python takes netmasks and scope ids as well, which IAM doesn't:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_CIDR = re.compile(r"[0-9A-Fa-f.:]+(?:/[0-9]{1,3})?")
_LOCAL_PRINCIPAL = re.compile(r"(?:user|role)/[\w+=,.@/-]+", re.ASCII)


def iam_name_problem(name: str, longest: int) -> str | None:
    """Return why `name` can't name an IAM user, role or policy."""
    if not name:
        return "the name is empty; write one"
    if len(name) > longest:
        return f"{name!r} has {len(name)} characters, {longest} are the most; shorten it"
    if not _IAM_NAME.fullmatch(name):
        wrong = next(c for c in name if not _IAM_NAME.fullmatch(c))
        return f"{name!r} has {wrong!r} in it; use letters, digits and +=,.@_-"
    return None


def bucket_name_problem(name: str) -> str | None:
    """Return why `name` can't name the bucket (dots are refused: they break TLS host names)."""
    if not _BUCKET.fullmatch(name):
        return f"{name!r} isn't a bucket name; use 3 to 63 lower-case letters, digits and inner hyphens"
    if name.startswith(("xn--", "sthree-", "amzn-s3-demo-")) or name.endswith(
        ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")
    ):
        return f"{name!r} begins or ends with a part that S3 keeps for itself; choose another name"
    return None


def account_problem(account: str) -> str | None:
    """Return why `account` isn't an account id."""
    return None if _ACCOUNT.fullmatch(account) else f"{account!r} isn't an account id; write its 12 digits"


def region_problem(region: str) -> str | None:
    """Return why `region` can't be a Region's name."""
    return None if _REGION.fullmatch(region) else f"{region!r} isn't a Region; write it like eu-central-1"


def external_id_problem(external_id: str) -> str | None:
    """Return why `external_id` can't be sent to AssumeRole."""
    if _EXTERNAL_ID.fullmatch(external_id):
        return None
    return f"{external_id!r} isn't an external id; use 2 to 1224 letters, digits and +=,.@:/_-"


def session_pattern_problem(pattern: str) -> str | None:
    """Return why no role session name or source identity of AssumeRole could match `pattern`."""
    if not _SESSION_PATTERN.fullmatch(pattern):
        return (
            f"{pattern!r} can't match a name of STS; use letters, digits and +=,.@_- with the wildcards * and ?, "
            "or ${aws:username}"
        )
    # A user's name has at least one character.
    least = len(pattern.replace(_USER_NAME, "*").replace("*", "")) + pattern.count(_USER_NAME)
    if least > 64 or (least < 2 and "*" not in pattern and _USER_NAME not in pattern):
        return f"{pattern!r} can't match a name of STS, which has 2 to 64 characters; shorten it, or put a * in it"
    return None


def network_problem(network: str) -> str | None:
    """Return why `network` isn't a range of IP addresses."""
    try:
        if not _CIDR.fullmatch(network):
            raise ValueError("not in CIDR form")
        ipaddress.ip_network(network)
    except ValueError as error:
        return f"{network!r} isn't an IP range ({error}); write it like 203.0.113.0/24"
    return None


def policy_arn_problem(arn: str) -> str | None:
    """Return why `arn` isn't a managed policy's ARN."""
    if _POLICY_ARN.fullmatch(arn):
        return None
    return f"{arn!r} isn't a managed policy's ARN; write it like arn:aws:iam::aws:policy/ReadOnlyAccess"


def parse_principal(text: str) -> tuple[str | None, str] | None:
    """Return (account, resource) of a principal, account None for the stack's own; None if it isn't one.

    Accepted: `user/NAME`, `role/NAME`, an IAM user's or role's ARN, an account's 12 digits.
    """
    if _LOCAL_PRINCIPAL.fullmatch(text):
        return None, text
    if _ACCOUNT.fullmatch(text):
        return text, "root"
    match = _PRINCIPAL_ARN.fullmatch(text)
    return (match[1], match[2]) if match else None


# A session policy may hold U+0020 to U+00FF only (besides tab and line ends):
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
# A key may be 1024 bytes of UTF-8; 600 leave room for what borrowers put under their folder.
MAX_FOLDER_BYTES = 600
MAX_ID_CHARACTERS = 255
RESERVED = ".temp-access-probe-"


def id_problem(id_: str) -> str | None:
    """Return why `id_` can't be a grant's id, or None if it can."""
    if not id_:
        return "an id can't be empty; name the borrower"
    if len(id_) > MAX_ID_CHARACTERS:
        return f"the id has {len(id_)} characters, {MAX_ID_CHARACTERS} are the most; shorten it"
    if "/" in id_:
        return f"'/' at character {id_.index('/') + 1} can't be in an id; put the path into `folder`"
    return segment_problem(id_)


def folder_problem(folder: str) -> str | None:
    """Return why `folder` can't be a folder path (no slash at either end), or None if it can."""
    if not folder:
        return "a folder can't be empty: that would be the whole bucket"
    if folder.startswith("/") or folder.endswith("/"):
        return f"{folder!r} begins or ends with '/'; write the path without it"
    size = len(folder.encode("utf-8", "surrogatepass"))
    if size > MAX_FOLDER_BYTES:
        return f"the folder has {size} bytes, {MAX_FOLDER_BYTES} are the most; shorten it"
    return next(filter(None, map(segment_problem, folder.split("/"))), None)


def segment_problem(segment: str) -> str | None:
    """Return why `segment` can't be one part of a folder path, or None if it can."""
    if not segment:
        return "'//' leaves an empty part in the path; take one '/' out"
    if segment in (".", ".."):
        return f"{segment!r} can't be carried by every S3 client; choose another name"
    if segment != segment.strip():
        return f"{segment!r} begins or ends with white space; take it out"
    if segment.startswith(RESERVED):
        return f"{segment!r} begins with {RESERVED!r}, the name that `temp-access verify` uses; rename it"
    for position, character in enumerate(segment, 1):
        if not " " <= character <= "\xff" or "\x7f" <= character <= "\x9f":
            shown = character if character.isprintable() else f"U+{ord(character):04X}"
            return (
                f"{shown!r} (U+{ord(character):04X}) at character {position} can't be carried by a session "
                "policy; use U+0020 to U+00FF without control characters"
            )
    return None
