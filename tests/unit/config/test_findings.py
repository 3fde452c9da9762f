"""Each mistake in access.toml has a finding in one line, and all findings come at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from temp_access.access_file import load
from temp_access.errors import ConfigError
from tests.unit.support.config_file import BOB, config_of, findings_of

MODES = "list, read, write, read-write, full"
USE_EXTRAS = "use some of tags, versions, acl, uploads"
PRINCIPALS = "user/NAME or role/NAME in this account, the ARN of an IAM user or role, or a 12-digit account ID"


def grant(id_: str = "bob", **more: str) -> str:
    """Return a `[grants.<id>]` with access `read` and the given strings."""
    entries = {"access": "read", **more}
    return f"[grants.{json.dumps(id_)}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in entries.items())


def policy(**more: Any) -> str:
    """Return a policy's JSON, with a statement that has one more element."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


UNKNOWN_KEYS = [
    ("[usr]\n" + BOB, "usr: unknown key (did you mean 'user'?)"),
    (BOB + "acess = 1\n", "grants.bob.acess: unknown key (did you mean 'access'?)"),
    (
        "[role]\nmax_sesion_duration = '2h'\n" + BOB,
        "role.max_sesion_duration: unknown key (did you mean 'max_session_duration'?)",
    ),
    ("[bucket]\nzzz = 1\n" + BOB, "bucket.zzz: unknown key; use one of name, versioning, on_destroy"),
    ("[role.conditions]\nmfaa = true\n" + BOB, "role.conditions.mfaa: unknown key (did you mean 'mfa'?)"),
    (
        "[[user.aws_managed]]\nname = 'IAMReadOnlyAccess'\nreasons = ''\nreason = 'x'\n" + BOB,
        "user.aws_managed[0].reasons: unknown key (did you mean 'reason'?)",
    ),
    ('[grants."a.b"]\naccess = "read"\nfoldr = "x"\n', "grants.\"a.b\".foldr: unknown key (did you mean 'folder'?)"),
]
WRONG_TYPES = [
    ("user = 5\n" + BOB, "user: 5 is an integer; write a table"),
    ("grants = []\n", "grants: [] is an array; write a table"),
    ("[grants]\nbob = 'read'\n", "grants.bob: 'read' is a string; write a table"),
    ("any_id = true\n" + BOB, "any_id: True is a boolean; write a table"),
    ("[environments]\nprod = 1\n" + BOB, "environments.prod: 1 is an integer; write a table"),
    ("[grants.bob]\naccess = 1.5\n", "grants.bob.access: 1.5 is a float; write a string"),
    (BOB + "duration = 4\n", "grants.bob.duration: 4 is an integer; write a string"),
    (BOB + "shared = 'yes'\n", "grants.bob.shared: 'yes' is a string; write true or false"),
    (BOB + "shared = 1\n", "grants.bob.shared: 1 is an integer; write true or false"),
    (BOB + "folder = 07:30:00\n", "grants.bob.folder: datetime.time(7, 30) is a date or time; write a string"),
    ("[role]\ntrusted = 'user/x'\n" + BOB, "role.trusted: 'user/x' is a string; write an array"),
    ("[role]\ntrusted = ['user/x']\n" + BOB, "role.trusted[0]: 'user/x' isn't a table; write [[role.trusted]]"),
    ("[[role.trusted]]\nprincipal = 5\n" + BOB, "role.trusted[0].principal: 5 is an integer; write a string"),
    (
        "[[role.trusted]]\nprincipal = '222233334444'\nexternal_id = 5\n" + BOB,
        "role.trusted[0].external_id: 5 is an integer; write a string",
    ),
    (
        "[role.conditions]\nsource_ip = ['10.0.0.0/8', 5]\n" + BOB,
        "role.conditions.source_ip: 5 isn't a string; write an array of strings",
    ),
    ("[[user.inline]]\nname = 5\n" + BOB, "user.inline[0].name: 5 is an integer; write a string"),
    ("[[user.inline]]\nname = 'x'\ndocument = 5\n" + BOB, "user.inline[0].document: 5 is an integer; write a string"),
    (
        "[[user.aws_managed]]\nname = 5\nreason = 'x'\n" + BOB,
        "user.aws_managed[0].name: 5 is an integer; write a string",
    ),
    (
        "[[user.aws_managed]]\nname = 'IAMReadOnlyAccess'\nreason = 5\n" + BOB,
        "user.aws_managed[0].reason: 5 is an integer; write a string",
    ),
]
DURATIONS = [
    (
        grant(duration="13h"),
        "grants.bob.duration: 13h exceeds the role's maximum session duration of 12h; use 12h or less",
    ),
    (
        "[role]\nmax_session_duration = '2h'\n" + grant(duration="2h1s"),
        "grants.bob.duration: 2h1s exceeds the role's maximum session duration of 2h; use 2h or less, or raise "
        "role.max_session_duration",
    ),
    (grant(duration="14m59s"), "grants.bob.duration: 14m59s is under 15m, the minimum of STS; use 15m or more"),
    (grant(duration="0h"), "grants.bob.duration: 0h is under 15m, the minimum of STS; use 15m or more"),
    (grant(duration="1 h"), "grants.bob.duration: '1 h' isn't a duration; write one such as 90m, 1h30m or 12h"),
    (grant(duration="1h\n"), "grants.bob.duration: '1h\\n' isn't a duration; write one such as 90m, 1h30m or 12h"),
    (grant(duration="3600"), "grants.bob.duration: '3600' isn't a duration; write one such as 90m, 1h30m or 12h"),
    (grant(duration="30m1h"), "grants.bob.duration: '30m1h' isn't a duration; write one such as 90m, 1h30m or 12h"),
    (grant(duration="\u0661h"), "grants.bob.duration: '\u0661h' isn't a duration; write one such as 90m, 1h30m or 12h"),
    (grant(duration=""), "grants.bob.duration: is empty; write a value or remove the key"),
    (
        "[role]\nmax_session_duration = '59m'\n" + BOB,
        "role.max_session_duration: 59m isn't a maximum that IAM accepts; use 1h to 12h",
    ),
    (
        "[role]\nmax_session_duration = '13h'\n" + BOB,
        "role.max_session_duration: 13h isn't a maximum that IAM accepts; use 1h to 12h",
    ),
    (
        "[role]\nmax_session_duration = 'long'\n" + BOB,
        "role.max_session_duration: 'long' isn't a duration; write one such as 90m, 1h30m or 12h",
    ),
    (
        "[any_id]\npattern = 'x'\naccess = 'read'\nduration = '13h'\n",
        "any_id.duration: 13h exceeds the role's maximum session duration of 12h; use 12h or less",
    ),
]
IDS = [
    (grant(""), "grants.\"\": an id can't be empty; write the borrower's name"),
    (grant("a/b"), "grants.\"a/b\": '/' at character 2 isn't allowed in an id; write the path in `folder`"),
    (
        grant("naïve€"),
        "grants.\"naïve€\": '€' (U+20AC) at character 6 isn't allowed in a session policy; use U+0020 to "
        "U+00FF without control characters",
    ),
    (
        grant("a\tb"),
        'grants."a\\u0009b": U+0009 at character 2 isn\'t allowed in a session policy; use U+0020 to U+00FF '
        "without control characters",
    ),
    (
        grant("a\x85b"),
        'grants."a\\u0085b": U+0085 at character 2 isn\'t allowed in a session policy; use U+0020 to U+00FF '
        "without control characters",
    ),
    (
        "[grants.\"x\\U0001F600\"]\naccess = 'read'\n",
        "grants.\"x😀\": '😀' (U+1F600) at character 2 isn't allowed in a session policy; use U+0020 to U+00FF "
        "without control characters",
    ),
    (grant("."), "grants.\".\": '.' isn't supported by every S3 client; choose another name"),
    (grant(".."), "grants.\"..\": '..' isn't supported by every S3 client; choose another name"),
    (grant(" bob"), "grants.\" bob\": ' bob' begins or ends with white space; remove it"),
    (grant("i" * 256), f"grants.{'i' * 256}: the id has 256 characters, and the maximum is 255; shorten it"),
    (
        grant(".temp-access-probe-x"),
        "grants.\".temp-access-probe-x\": '.temp-access-probe-x' begins with '.temp-access-probe-', which "
        "`temp-access verify` uses; choose another name",
    ),
]
FOLDERS = [
    (grant(folder="/x"), "grants.bob.folder: '/x' begins or ends with '/'; remove it"),
    (grant(folder="x/"), "grants.bob.folder: 'x/' begins or ends with '/'; remove it"),
    (grant(folder="a//b"), "grants.bob.folder: '//' makes an empty path segment; remove one '/'"),
    (grant(folder="a/../b"), "grants.bob.folder: '..' isn't supported by every S3 client; choose another name"),
    (grant(folder="f" * 601), "grants.bob.folder: the folder has 601 bytes, and the maximum is 600; shorten it"),
    (grant(folder="ü" * 301), "grants.bob.folder: the folder has 602 bytes, and the maximum is 600; shorten it"),
    (grant(folder=""), "grants.bob.folder: is empty; write a value or remove the key"),
    (
        grant() + grant("al", folder="bob"),
        "grants.bob.folder: 'bob' is also the folder of grants.al; choose another folder, or write shared = true in "
        "both grants",
    ),
    (
        grant() + grant("al", folder="bob/in/it"),
        "grants.al.folder: 'bob/in/it' is inside 'bob', the folder of grants.bob; choose another folder, or write "
        "shared = true in grants.al",
    ),
    (
        grant("a b", folder="x") + grant("c", folder="x/y"),
        "grants.c.folder: 'x/y' is inside 'x', the folder of grants.\"a b\"; choose another folder, or write "
        "shared = true in grants.c",
    ),
    (
        grant() + grant("al", folder="bob") + "shared = true\n",
        "grants.bob.folder: 'bob' is also the folder of grants.al; choose another folder, or write shared = true in "
        "both grants",
    ),
]
ACCESS = [
    ("[grants.bob]\n", f"grants.bob.access: is missing; use one of {MODES}"),
    (
        "[grants.bob]\naccess = 'reads'\n",
        f"grants.bob.access: 'reads' is unknown (did you mean 'read'?); use one of {MODES}",
    ),
    ("[grants.bob]\naccess = '#'\n", f"grants.bob.access: '#' is unknown; use one of {MODES}"),
    ("[user]\n", "grants: there are none, so nobody can borrow credentials; add a [grants.<id>]"),
    ("[any_id]\npattern = 'x'\n", f"any_id.access: is missing; use one of {MODES}"),
]
EXTRAS = [
    (BOB + "extras = ['tag']\n", f"grants.bob.extras: 'tag' isn't an extra (did you mean 'tags'?); {USE_EXTRAS}"),
    (BOB + "extras = ['*']\n", f"grants.bob.extras: '*' isn't an extra; {USE_EXTRAS}"),
    (BOB + "extras = []\n", "grants.bob.extras: is empty; write a value or remove the key"),
    (BOB + "extras = 'tags'\n", "grants.bob.extras: 'tags' is a string; write an array"),
    (BOB + "extras = [1]\n", "grants.bob.extras: 1 isn't a string; write an array of strings"),
    (
        "[grants.bob]\naccess = 'write'\nextras = ['tags', 'versions']\n",
        "grants.bob.extras: 'versions' gives nothing to a grant with access = 'write'; remove it, or use one of list, "
        "read, read-write, full",
    ),
    (
        "[any_id]\npattern = 'x'\naccess = 'list'\nextras = ['acl']\n",
        "any_id.extras: 'acl' gives nothing to a grant with access = 'list'; remove it, or use one of read, "
        "read-write, full",
    ),
]
NAMES = [
    ("[user]\nname = 'a b'\n" + BOB, "user.name: 'a b' contains ' '; use letters, digits and +=,.@_-"),
    ("[user]\nname = 'naïve'\n" + BOB, "user.name: 'naïve' contains 'ï'; use letters, digits and +=,.@_-"),
    (
        f"[user]\nname = '{'n' * 65}'\n" + BOB,
        f"user.name: '{'n' * 65}' has 65 characters, and the maximum is 64; shorten it",
    ),
    ("[role]\nname = 'a/b'\n" + BOB, "role.name: 'a/b' contains '/'; use letters, digits and +=,.@_-"),
    (
        "[user]\npermissions_boundary = 'ReadOnlyAccess'\n" + BOB,
        "user.permissions_boundary: 'ReadOnlyAccess' isn't the ARN of a managed policy; write one such as "
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
    ),
    (
        "[bucket]\nname = 'My.Bucket'\n" + BOB,
        "bucket.name: 'My.Bucket' isn't a bucket name; use 3 to 63 lower-case letters, digits and inner hyphens",
    ),
    (
        "[bucket]\nname = 'x-s3alias'\n" + BOB,
        "bucket.name: 'x-s3alias' begins or ends with a part that S3 reserves; choose another name",
    ),
    (
        "[bucket]\non_destroy = 'delete'\n" + BOB,
        "bucket.on_destroy: 'delete' is unknown; use one of retain, destroy",
    ),
    ("[user]\nname = ''\n" + BOB, "user.name: is empty; write a value or remove the key"),
]
TRUSTED = [
    (
        "[[role.trusted]]\nprincipal = '222233334444'\n" + BOB,
        "role.trusted[0].external_id: is missing; without it, account 222233334444 could be tricked into using "
        "the role for someone else (confused deputy); write the external id that this account passes to "
        "AssumeRole",
    ),
    (
        "[[role.trusted]]\nprincipal = 'arn:aws:iam::222233334444:role/x'\nexternal_id = '?'\n" + BOB,
        "role.trusted[0].external_id: '?' isn't an external id; use 2 to 1224 letters, digits and +=,.@:/_-",
    ),
    (
        "[[role.trusted]]\nprincipal = '*'\n" + BOB,
        f"role.trusted[0].principal: '*' can't be trusted; write {PRINCIPALS}",
    ),
    (
        "[[role.trusted]]\nprincipal = 'arn:aws:sts::222233334444:assumed-role/x/y'\n" + BOB,
        f"role.trusted[0].principal: 'arn:aws:sts::222233334444:assumed-role/x/y' can't be trusted; write {PRINCIPALS}",
    ),
    ("[[role.trusted]]\nexternal_id = 'abc'\n" + BOB, f"role.trusted[0].principal: is missing; write {PRINCIPALS}"),
]
CONDITIONS = [
    (
        "[role.conditions]\nsource_ip = ['10.0.0.1/8']\n" + BOB,
        "role.conditions.source_ip: '10.0.0.1/8' isn't an IP range (10.0.0.1/8 has host bits set); write one "
        "such as 203.0.113.0/24",
    ),
    (
        # Whoever empties the list may mean nobody, and would let everybody in.
        "[role.conditions]\nsource_ip = []\n" + BOB,
        "role.conditions.source_ip: is empty; write a value or remove the key",
    ),
    *(
        (
            f"[role.conditions]\nsource_ip = ['{network}']\n" + BOB,
            f"role.conditions.source_ip: '{network}' isn't an IP range (not in CIDR notation); write one such as "
            "203.0.113.0/24",
        )
        for network in ("10.0.0.0/255.0.0.0", "10.0.0.0/0.255.255.255", "fe80::%eth0/64")
    ),
    (
        "[role.conditions]\nsession_name = 'a b'\n" + BOB,
        "role.conditions.session_name: 'a b' can't match any name that STS accepts; use letters, digits, "
        "+=,.@_-, the wildcards * and ?, and ${aws:username}",
    ),
    *(
        (
            f"[role.conditions]\n{key} = '{pattern}'\n" + BOB,
            f"role.conditions.{key}: '{pattern}' can't match any name of 2 to 64 characters, as STS requires; "
            "shorten it, or add a *",
        )
        for key, pattern in (
            ("session_name", "a" * 65),
            ("session_name", "*" + "?" * 64 + "${aws:username}"),
            ("source_identity", "a"),
            ("source_identity", "?"),
        )
    ),
    (
        "[role.conditions]\nsource_identity = '${aws:userid}'\n" + BOB,
        "role.conditions.source_identity: '${aws:userid}' can't match any name that STS accepts; use letters, "
        "digits, +=,.@_-, the wildcards * and ?, and ${aws:username}",
    ),
]
INLINE = "[[user.inline]]\nname = 'own'\n"
POLICIES = [
    (INLINE + BOB, "user.inline[0]: needs either `file` or `document`; write one of them"),
    (
        INLINE + "file = 'a'\ndocument = 'b'\n" + BOB,
        "user.inline[0]: needs either `file` or `document`; write one of them",
    ),
    (
        INLINE + "file = 'no/such.json'\n" + BOB,
        "user.inline[0].file: 'no/such.json' can't be read: No such file or directory; paths are relative to "
        "the folder of access.toml",
    ),
    (
        INLINE + "file = '.'\n" + BOB,
        "user.inline[0].file: '.' can't be read: Is a directory; paths are relative to the folder of access.toml",
    ),
    (
        INLINE + 'file = "a\\u0000b"\n' + BOB,
        "user.inline[0].file: 'a\\x00b' can't be read: the path contains a NUL character; paths are relative "
        "to the folder of access.toml",
    ),
    (
        INLINE + "document = '{'\n" + BOB,
        "user.inline[0].document: isn't JSON (Expecting property name enclosed in double quotes: line 1 column "
        "2 (char 1)); write a policy as JSON",
    ),
    (
        INLINE + "document = '[]'\n" + BOB,
        "user.inline[0].document: isn't a policy; write a JSON object whose Statement is an object or a list "
        "of objects",
    ),
    (
        INLINE + "document = {Statement = [], When = 2026-01-01}\n" + BOB,
        "user.inline[0].document: can't be converted to JSON (Object of type date is not JSON serializable); "
        "write the value as a string",
    ),
    (
        INLINE + f"document = '{policy(Principal='*')}'\n" + BOB,
        "user.inline: 'own': Statement[0].Principal: not allowed in a policy used as identity-based policy; "
        "correct it, or IAM rejects the policy",
    ),
    (
        INLINE.replace("own", "o/n") + f"document = '{policy()}'\n" + BOB,
        "user.inline[0].name: 'o/n' contains '/'; use letters, digits and +=,.@_-",
    ),
    (
        (INLINE + f"document = '{policy()}'\n") * 2 + BOB,
        "user.inline[1].name: 'own' is listed twice; remove one",
    ),
    ("[[user.inline]]\nfile = 'x'\n" + BOB, "user.inline[0].name: is missing; write the policy's name"),
    (
        INLINE.replace("own", "RotateOwnAccessKeys") + f"document = '{policy()}'\n" + BOB,
        "user.inline: 'RotateOwnAccessKeys' is the name of a policy that the project adds; choose another name",
    ),
    (
        "[[user.aws_managed]]\nname = 'IAMFullAccess'\n" + BOB,
        "user.aws_managed[0].reason: 'IAMFullAccess' has no reason; tell the reviewer why this user needs it",
    ),
    (
        "[[user.aws_managed]]\nname = 'IAMFullAccess'\nreason = ' '\n" + BOB,
        "user.aws_managed[0].reason: 'IAMFullAccess' has no reason; tell the reviewer why this user needs it",
    ),
    (
        "[[user.aws_managed]]\nreason = 'x'\n" + BOB,
        "user.aws_managed[0].name: is missing; name an AWS managed policy, such as IAMReadOnlyAccess",
    ),
    (
        "[[user.aws_managed]]\nname = 'job-function/'\nreason = 'x'\n" + BOB,
        "user.aws_managed[0].name: the name is empty; write one",
    ),
    (
        "[[user.aws_managed]]\nname = 'IAMFullAccess'\nreason = 'x'\n" * 2 + BOB,
        "user.aws_managed[1].name: 'IAMFullAccess' is listed twice; remove one",
    ),
]
ANY_ID = "[any_id]\naccess = 'read'\n"
ANY_IDS = [
    (ANY_ID, "any_id.pattern: is missing; write a pattern for the admitted ids, such as [a-z]{2,20}"),
    (
        ANY_ID + "pattern = 'a.*'\n",
        "any_id.pattern: at character 2: '.' matches every character; write a class of those that you mean, "
        "such as [a-z0-9], or \\. for a dot",
    ),
    (
        ANY_ID + "pattern = 'x'\nfolder = 'all'\n",
        "any_id.folder: 'all' doesn't contain {id} exactly once; write one such as tenants/{id}",
    ),
    (
        ANY_ID + "pattern = 'x'\nfolder = '{id}/{id}'\n",
        "any_id.folder: '{id}/{id}' doesn't contain {id} exactly once; write one such as tenants/{id}",
    ),
    (
        ANY_ID + "pattern = 'x'\nfolder = '{id}/'\n",
        "any_id.folder: 'x/' begins or ends with '/'; remove it",
    ),
    (
        ANY_ID + f"pattern = 'x'\nfolder = '{'f' * 600}{{id}}'\n",
        "any_id.folder: the folder has 601 bytes, and the maximum is 600; shorten it",
    ),
    (
        ANY_ID + f"pattern = '[a-zü]{{1,150}}'\nfolder = '{'f' * 400}{{id}}'\n",
        "any_id.pattern: the longest folder has 700 bytes, and the maximum is 600; shorten the folder or the pattern",
    ),
    (
        ANY_ID + "pattern = 'bo?b?b|al'\n" + grant("x", folder="bob/in"),
        "any_id.folder: the folder of the unlisted id 'bob' would overlap 'bob/in', the folder of grants.x; "
        "change the folder or the pattern so that they don't overlap",
    ),
    (
        ANY_ID + "pattern = '[a-z]'\nfolder = 'all/{id}'\n" + grant("x", folder="all"),
        "any_id.folder: 'all/{id}' is inside 'all', the folder of grants.x; change the folder or the pattern "
        "so that they don't overlap",
    ),
]
ENVIRONMENT = "[environments.{}]\naccount = '{}'\nregion = 'eu-central-1'\n"
ENVIRONMENTS = [
    (
        "[environments.p]\nregion = 'eu-central-1'\n" + BOB,
        "environments.p.account: is missing; an environment needs an account and a Region",
    ),
    (
        "[environments.p]\naccount = '111122223333'\n" + BOB,
        "environments.p.region: is missing; an environment needs an account and a Region",
    ),
    (ENVIRONMENT.format("p", "1234") + BOB, "environments.p.account: '1234' isn't an account ID; write its 12 digits"),
    (
        "[environments.p]\naccount = '111122223333'\nregion = 'Frankfurt'\n" + BOB,
        "environments.p.region: 'Frankfurt' isn't a Region; write one such as eu-central-1",
    ),
    (
        ENVIRONMENT.format("p", "111122223333") + "bucket = 'B'\n" + BOB,
        "environments.p.bucket: 'B' isn't a bucket name; use 3 to 63 lower-case letters, digits and inner hyphens",
    ),
    (
        ENVIRONMENT.format("'p q'", "111122223333") + ENVIRONMENT.format("q", "111122223333") + BOB,
        'environments.q.account: 111122223333 is also the account of environments."p q", and an account can '
        "have only one user and one role of these names; use another account",
    ),
]
QUOTAS = [
    (
        grant(folder="*" * 400),
        "grants.bob.folder: the session policy has 3716 characters, and the maximum is 2048; shorten the folder",
    ),
    (
        ANY_ID + "pattern = '[*a]{200}x{55}'\n",
        "any_id.pattern: the session policy of the longest id has 2226 characters, and the maximum is 2048; "
        "shorten the pattern or the folder",
    ),
    (
        grant(folder="*" * 170) + "extras = ['tags', 'versions', 'acl', 'uploads']\n",
        "grants.bob.folder: the session policy has 2050 characters, and the maximum is 2048; shorten the folder or "
        "remove an extra",
    ),
    (
        ANY_ID + "pattern = '[*]{170}'\nextras = ['tags', 'versions', 'acl', 'uploads']\n",
        "any_id.pattern: the session policy of the longest id has 2050 characters, and the maximum is 2048; "
        "shorten the pattern or the folder, or remove an extra",
    ),
    (
        INLINE + f"document = '{policy(Sid='S' * 2000)}'\n" + BOB,
        "user.inline: the inline policies have 2363 characters in total (one is added by the project), and the "
        "maximum is 2048; make one of them a customer managed policy",
    ),
    (
        "[[user.customer_managed]]\nname = 'own'\n" + f"document = '{policy(Sid='S' * 6100)}'\n" + BOB,
        "user.customer_managed[0]: 'own' has 6220 characters, and the maximum is 6144; split it",
    ),
    (
        "".join(f"[[role.trusted]]\nprincipal = 'role/number-{n:02}'\n" for n in range(20)) + BOB,
        "role.trusted: the trust policy has 2453 characters, and the maximum is 2048; trust fewer principals, "
        "or an account instead of many of its users",
    ),
    (
        "".join(f"[[user.aws_managed]]\nname = '{n}'\nreason = 'x'\n" for n in range(10)) + BOB,
        "user: 11 managed policies would be attached (one is added by the project), and the maximum is 10; "
        "merge some of them",
    ),
]


@pytest.mark.parametrize(
    ("text", "message"),
    UNKNOWN_KEYS + WRONG_TYPES + DURATIONS + IDS + FOLDERS + ACCESS + EXTRAS + NAMES + TRUSTED + CONDITIONS + POLICIES
    + ANY_IDS + ENVIRONMENTS + QUOTAS,
)  # fmt: skip
def test_a_mistake_has_one_finding_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    """It has what was wrong, the value, and what to do next."""
    assert findings_of(tmp_path, text) == [f"access.toml: {message}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{BOB}[bob", "isn't TOML: expected ']' at the end of a table declaration (at end of document)"),
        (f"a = {'1' * 5000}\n", "has a number with thousands of digits; no key needs one"),
        ("a = 1\na = 2\n", "isn't TOML: cannot overwrite a value (at line 2, column 6)"),
        (f"a = {'[' * 100_000}", "is nested too deeply; no key needs more than a few levels"),
        (
            f"{INLINE}document = '{'[' * 100_000}'\n{BOB}",
            "is nested too deeply; no key needs more than a few levels",
        ),
    ],
)
def test_a_file_that_isnt_toml_or_is_too_deep_has_one_finding(tmp_path: Path, text: str, message: str) -> None:
    """The file can't be read at all."""
    assert findings_of(tmp_path, text) == [f"access.toml: {message}"]


def test_a_missing_or_unreadable_file_is_named_with_its_path(tmp_path: Path) -> None:
    """The path shows where the file was expected."""
    path = tmp_path / "access.toml"
    with pytest.raises(ConfigError) as missing:
        load(path)
    assert missing.value.findings == (
        f"{path}: there is no such file; write one (the project's own access.toml is an example)",
    )
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError) as unreadable:
        load(path)
    assert unreadable.value.findings == (f"{path}: isn't UTF-8 (at byte 1); save it as UTF-8",)


def test_reports_all_findings_in_the_order_of_the_file(tmp_path: Path) -> None:
    """The file can be corrected from top to bottom."""
    text = """
        [environments.prod]
        region = "nowhere"
        account = "12"
        [grants.bob]
        access = "all"
        extras = ["x"]
        duration = "13h"
        [grants.al]
        folder = "x/"
        [grants.eve]
        extras = ["acl", "y", "versions"]
        access = "write"
        [user]
        name = "a b"
        inline = [{name = "ok", document = "{"}, {name = "", document = ""}]
        [role]
        trusted = [{principal = "x"}]
        nmae = "y"
        [bucket]
        name = "B"
    """
    assert [finding.split(": ")[1] for finding in findings_of(tmp_path, text)] == [
        "environments.prod.region",
        "environments.prod.account",
        "grants.bob.access",
        "grants.bob.extras",
        "grants.bob.duration",
        "grants.al.access",
        "grants.al.folder",
        "grants.eve.extras",
        "grants.eve.extras",
        "grants.eve.extras",
        "user.name",
        "user.inline[0].document",
        "user.inline[1].name",
        "role.trusted[0].principal",
        "role.nmae",
        "bucket.name",
    ]


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ("prdo", "environments: there is no environment 'prdo' (did you mean 'prod'?); use one of prod, \"a b\""),
        ("", "environments: there is no environment ''; use one of prod, \"a b\""),
    ],
)
def test_an_unknown_environment_is_refused_with_the_known_ones(tmp_path: Path, environment: str, message: str) -> None:
    """A mistake in `-c env=` deploys nothing."""
    text = ENVIRONMENT.format("prod", "111122223333") + ENVIRONMENT.format("'a b'", "222233334444") + BOB
    assert findings_of(tmp_path, text, environment) == [f"access.toml: {message}"]


def test_policy_files_are_relative_to_access_toml(tmp_path: Path) -> None:
    """A path is relative to the folder of access.toml, and the finding names an invalid file."""
    (tmp_path / "own.json").write_text(policy())
    text = f"{INLINE}file = 'own.json'\n{BOB}"
    assert config_of(tmp_path, text).user.inline[0].document == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}],
    }
    (tmp_path / "own.json").write_bytes(b"\xff")
    assert findings_of(tmp_path, text) == [
        "access.toml: user.inline[0].file: 'own.json' can't be read: it isn't UTF-8; paths are relative to the folder "
        "of access.toml"
    ]
