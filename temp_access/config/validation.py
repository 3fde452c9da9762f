"""Which names, ids and folders IAM, S3 and STS accept.

Each `*_problem` function returns what is wrong with a value and what to write instead, or None for a valid value.
"""

import ipaddress
import re

from temp_access.iam.sts_limits import EXTERNAL_ID_PATTERN

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_IAM_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_IAM_PATH = re.compile(r"/(?:[\w+=,.@-]+/)*", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_EXTERNAL_ID = re.compile(EXTERNAL_ID_PATTERN, re.ASCII)
_USER_NAME = "${aws:username}"
_SESSION_PATTERN = re.compile(r"(?:[\w+=,.@*?-]|\$\{aws:username\})+", re.ASCII)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_POLICY_ARN = re.compile(r"arn:aws(-[a-z]+)*:iam::(aws|[0-9]{12}):policy/[\w+=,.@/-]+", re.ASCII)
_PRINCIPAL_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:iam::([0-9]{12}):((?:user|role)/[\w+=,.@/-]+|root)", re.ASCII)
# Python also accepts netmasks and scope ids, which IAM doesn't:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_CIDR = re.compile(r"[0-9A-Fa-f.:]+(?:/[0-9]{1,3})?")
_LOCAL_PRINCIPAL = re.compile(r"(?:user|role)/[\w+=,.@/-]+", re.ASCII)


def iam_name_problem(name: str, longest: int) -> str | None:
    """Return why `name` can't be the name of an IAM user, role or policy."""
    if not name:
        return "the name is empty; write one"
    if len(name) > longest:
        return f"{name!r} has {len(name)} characters, and the maximum is {longest}; shorten it"
    if not _IAM_NAME.fullmatch(name):
        invalid = next(character for character in name if not _IAM_NAME.fullmatch(character))
        return f"{name!r} contains {invalid!r}; use letters, digits and +=,.@_-"
    return None


def iam_path_problem(path: str) -> str | None:
    """Return why `path` can't be the path of an IAM role."""
    if not _IAM_PATH.fullmatch(path):
        return f"{path!r} isn't a path that IAM accepts; write one such as /temp-access/, with / at both ends"
    if len(path) > 512:
        return f"the path has {len(path)} characters, and the maximum is 512; shorten it"
    if path.startswith("/aws-"):
        return f"{path!r} begins with a path that AWS uses itself; choose another one"
    return None


def bucket_name_problem(name: str) -> str | None:
    """Return why `name` can't be the bucket's name (a dot isn't accepted, because it breaks TLS host names)."""
    if not _BUCKET.fullmatch(name):
        return f"{name!r} isn't a bucket name; use 3 to 63 lower-case letters, digits and inner hyphens"
    if name.startswith(("xn--", "sthree-", "amzn-s3-demo-")) or name.endswith(
        ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")
    ):
        return f"{name!r} begins or ends with a part that S3 reserves; choose another name"
    return None


def account_problem(account: str) -> str | None:
    """Return why `account` isn't an account ID."""
    return None if _ACCOUNT.fullmatch(account) else f"{account!r} isn't an account ID; write its 12 digits"


def region_problem(region: str) -> str | None:
    """Return why `region` can't be a Region."""
    return None if _REGION.fullmatch(region) else f"{region!r} isn't a Region; write one such as eu-central-1"


def external_id_problem(external_id: str) -> str | None:
    """Return why AssumeRole doesn't accept `external_id`."""
    if _EXTERNAL_ID.fullmatch(external_id):
        return None
    return f"{external_id!r} isn't an external id; use 2 to 1224 letters, digits and +=,.@:/_-"


def session_pattern_problem(pattern: str) -> str | None:
    """Return why `pattern` can't match any role session name or source identity."""
    if not _SESSION_PATTERN.fullmatch(pattern):
        return (
            f"{pattern!r} can't match any name that STS accepts; use letters, digits, +=,.@_-, the wildcards * and "
            "?, and ${aws:username}"
        )
    # A user's name has at least one character.
    least = len(pattern.replace(_USER_NAME, "*").replace("*", "")) + pattern.count(_USER_NAME)
    if least > 64 or (least < 2 and "*" not in pattern and _USER_NAME not in pattern):
        return f"{pattern!r} can't match any name of 2 to 64 characters, as STS requires; shorten it, or add a *"
    return None


def network_problem(network: str) -> str | None:
    """Return why `network` isn't a range of IP addresses in CIDR notation."""
    try:
        if not _CIDR.fullmatch(network):
            raise ValueError("not in CIDR notation")
        ipaddress.ip_network(network)
    except ValueError as error:
        return f"{network!r} isn't an IP range ({error}); write one such as 203.0.113.0/24"
    return None


def policy_arn_problem(arn: str) -> str | None:
    """Return why `arn` isn't the ARN of a managed policy."""
    if _POLICY_ARN.fullmatch(arn):
        return None
    return f"{arn!r} isn't the ARN of a managed policy; write one such as arn:aws:iam::aws:policy/ReadOnlyAccess"


def parse_principal(principal: str) -> tuple[str | None, str] | None:
    """Return the account (None for the stack's own) and the resource of a principal, None for an invalid one.

    Valid are `user/NAME`, `role/NAME`, the ARN of an IAM user or role, and an account ID.
    """
    if _LOCAL_PRINCIPAL.fullmatch(principal):
        return None, principal
    if _ACCOUNT.fullmatch(principal):
        return principal, "root"
    match = _PRINCIPAL_ARN.fullmatch(principal)
    return (match[1], match[2]) if match else None


# An S3 key has up to 1024 bytes of UTF-8; this leaves 424 for the part after the folder.
MAX_FOLDER_BYTES = 600
MAX_ID_CHARACTERS = 255
RESERVED = ".temp-access-probe-"


def id_problem(id_: str) -> str | None:
    """Return why `id_` can't be the id of a grant."""
    if not id_:
        return "an id can't be empty; write the borrower's name"
    if len(id_) > MAX_ID_CHARACTERS:
        return f"the id has {len(id_)} characters, and the maximum is {MAX_ID_CHARACTERS}; shorten it"
    if "/" in id_:
        return f"'/' at character {id_.index('/') + 1} isn't allowed in an id; write the path in `folder`"
    return segment_problem(id_)


def folder_problem(folder: str) -> str | None:
    """Return why `folder` can't be the path of a folder, which has no slash at either end."""
    if not folder:
        return "a folder can't be empty, because that would be the whole bucket; write a path"
    if folder.startswith("/") or folder.endswith("/"):
        return f"{folder!r} begins or ends with '/'; remove it"
    size = len(folder.encode("utf-8", "surrogatepass"))
    if size > MAX_FOLDER_BYTES:
        return f"the folder has {size} bytes, and the maximum is {MAX_FOLDER_BYTES}; shorten it"
    return next(filter(None, map(segment_problem, folder.split("/"))), None)


def segment_problem(segment: str) -> str | None:
    """Return why `segment` can't be a segment of a folder path.

    A session policy can contain U+0020 to U+00FF, and tabs and line ends, which aren't accepted here:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    if not segment:
        return "'//' makes an empty path segment; remove one '/'"
    if segment in (".", ".."):
        return f"{segment!r} isn't supported by every S3 client; choose another name"
    if segment != segment.strip():
        return f"{segment!r} begins or ends with white space; remove it"
    if segment.startswith(RESERVED):
        return f"{segment!r} begins with {RESERVED!r}, which `temp-access verify` uses; choose another name"
    for position, character in enumerate(segment, 1):
        if not " " <= character <= "\xff" or "\x7f" <= character <= "\x9f":
            code = f"U+{ord(character):04X}"
            name = f"{character!r} ({code})" if character.isprintable() else code
            return (
                f"{name} at character {position} isn't allowed in a session policy; use U+0020 to U+00FF without "
                "control characters"
            )
    return None
