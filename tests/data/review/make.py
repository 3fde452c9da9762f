"""Synthesizes the prepared pairs again: `python tests/data/review/make.py`. Check each expected.md by hand."""

import copy
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from stacks.access import AccessStack
from stacks.node import use_own_node
from stacks.storage import StorageStack
from temp_access.access_file import load

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))
use_own_node()
Templates = dict[str, dict[str, Any]]
Edit = Callable[[Templates], None]
BOB = '[grants.bob]\naccess = "read"\n'
PARTNER = '[[role.trusted]]\nprincipal = "222233334444"\nexternal_id = "the-partner"\n'
ALICE = '[grants.alice]\naccess = "write"\nfolder = "inbox/alice"\nduration = "1h"\n'
HOSTILE = """[grants."@all|<img src=x>`"]
access = "list"
folder = "#1 end](x) ${x}*"
"""
HOSTILE_KEY = "a`|</code><script>alert(1)</script>\u202e\n# x */*"
ANY_ID = '[any_id]\npattern = "tenant-[0-9]{1,6}"\naccess = "list"\nfolder = "tenants/{id}"\n'
PRICES = """[[user.inline]]
name = "prices"
[user.inline.document]
Version = "2012-10-17"
[[user.inline.document.Statement]]
Effect = "Allow"
Action = "s3:GetObject"
Resource = "arn:aws:s3:::price-list/*"
"""
BOUNDARY = '[user]\npermissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"\n'
ADMIN = '[[user.aws_managed]]\nname = "IAMFullAccess"\nreason = "it manages the other users"\n'
BUILD = '[[role.trusted]]\nprincipal = "role/build"\n'
EXTRAS = 'extras = ["tags", "versions", "acl", "uploads"]\n'
MFA = "[role.conditions]\nmfa = true\n"
CAROL = '[grants.carol]\naccess = "read"\nfolder = "team/carol"\n'
OUTBOX = '[grants.carol]\naccess = "read"\nfolder = "bob/outbox"\nshared = true\n'
EXPORT = '[[user.aws_managed]]\nname = "AmazonS3FullAccess"\nreason = "the nightly export"\n'


def nothing(templates: Templates) -> None:
    """Leave the templates as they are."""


def resource(templates: Templates, kind: str) -> dict[str, Any]:
    """Return the properties of the only resource of a type."""
    return next(r["Properties"] for t in templates.values() for r in t["Resources"].values() if r["Type"] == kind)


def bucket_statement(action: str, key: str, principal: str, effect: str = "Allow") -> Edit:
    """Return the edit that adds a statement on the objects `key` to the bucket policy."""

    def edit(templates: Templates) -> None:
        document = resource(templates, "AWS::S3::BucketPolicy")["PolicyDocument"]
        arn = document["Statement"][0]["Resource"][0]
        document["Statement"].append(
            {
                "Effect": effect,
                "Action": action,
                "Principal": {"AWS": principal} if principal == "*" else {"AWS": {"Fn::Sub": principal}},
                "Resource": {"Fn::Join": ["", [arn, f"/{key}"]]},
            }
        )

    return edit


def rewrite(templates: Templates) -> None:
    """Rewrite the policies with the same meaning: order, lists, Sids, split statements."""
    document = resource(templates, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]
    listing, objects = document["Statement"]
    actions = objects["Action"] if isinstance(objects["Action"], list) else [objects["Action"]]
    split = [{**objects, "Action": [action.upper().replace("S3:", "s3:")]} for action in reversed(actions)]
    document["Statement"] = [*split, {**listing, "Sid": "Listing", "Action": listing["Action"][::-1]}]
    trust = resource(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    trust[0]["Sid"] = "TheUser"


def rename(templates: Templates) -> None:
    """Give the bucket, the role and a policy other construct ids and logical ids."""
    document = json.dumps(templates)
    for old, new in (("Folders5DC27E26", "Files0A1B2C3D"), ("Role11E5256C", "Lent4D5E6F70"), ("UserAssumeRole", "Up")):
        document = document.replace(old, new)
    for old, new in (("TempAccessStorage/Folders/", "TempAccessStorage/Files/"), ("/Role/", "/Lent/")):
        document = document.replace(old, new)
    templates.update(json.loads(document))


def plain_http(templates: Templates) -> None:
    """Remove the bucket policy, and with it the Deny of plain HTTP."""
    resources = templates["TempAccessStorage"]["Resources"]
    del resources[next(id_ for id_, each in resources.items() if each["Type"] == "AWS::S3::BucketPolicy")]


def trusts_the_account(templates: Templates) -> None:
    """Name the whole account in the trust policy instead of the user."""
    statement = resource(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0]
    statement["Principal"] = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}


def add(kind: str, **properties: Any) -> Edit:
    """Return the edit that adds a resource to the stack of user and role."""

    def edit(templates: Templates) -> None:
        templates["TempAccess"]["Resources"]["More"] = {"Type": kind, "Properties": properties}

    return edit


def change(kind: str, **properties: Any) -> Edit:
    """Return the edit that sets properties of the only resource of a type."""
    return lambda templates: resource(templates, kind).update(properties)


EVERYTHING_IN_S3 = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
READ_BY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}],
}
REPLICATION = {
    "Role": "arn:aws:iam::111122223333:role/copy",
    "Rules": [{"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::a-bucket-of-somebody-else"}}],
}
GROUP_MEMBER = add("AWS::IAM::UserToGroupAddition", GroupName="staff", Users=["temp-user"])
ACCESS_POINT = add("AWS::S3::AccessPoint", Bucket="the-bucket", Policy=READ_BY_ALL)


def replicate_and_publish(templates: Templates) -> None:
    """Copy the objects to another bucket, and let everybody read a folder."""
    change("AWS::S3::Bucket", ReplicationConfiguration=REPLICATION)(templates)
    bucket_statement("s3:GetObject", "bob/*", "*")(templates)


DENY = bucket_statement("s3:DeleteObject", "*", "*", "Deny")
SESSION = "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/temp-role/nightly"
AUDIT = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/audit"
_CONTEXT = {"@aws-cdk/core:defaultCrossStackReferences": "strong", "aws:cdk:enable-path-metadata": True}
ConfigAndEdit = tuple[str, Edit]
WRITER = '[grants.bob]\naccess = "read-write"\n'
PAIRS: dict[str, tuple[ConfigAndEdit, ConfigAndEdit]] = {
    "same": ((BOB, nothing), (BOB, nothing)),
    "equivalent-rewrite": ((BOB, nothing), ("# who may what\n[grants]\nbob = { access = 'read' }\n", rewrite)),
    "renamed-construct": ((BOB, nothing), (BOB, rename)),
    "wider-prefix": (
        (BOB, bucket_statement("s3:GetObject", "bob/*", AUDIT)),
        (BOB, bucket_statement("s3:GetObject", "bob*", AUDIT)),
    ),
    "new-action": ((BOB, nothing), (WRITER, nothing)),
    "removed-deny": ((WRITER, DENY), (WRITER, nothing)),
    "session-named": ((BOB, nothing), (BOB, bucket_statement("s3:GetObject", "*", SESSION))),
    "trust-grown": ((BOB, nothing), (PARTNER + BOB, nothing)),
    "longer-session": (
        ('[role]\nmax_session_duration = "1h"\n' + BOB, nothing),
        ('[role]\nmax_session_duration = "12h"\n' + BOB, nothing),
    ),
    "grant-added": ((BOB, nothing), (BOB + ALICE, nothing)),
    "grant-removed": ((BOB + ALICE, nothing), (BOB, nothing)),
    "narrowed": ((WRITER, nothing), (BOB, nothing)),
    "moved-folder": ((BOB, nothing), (BOB + 'folder = "archive/bob"\n', nothing)),
    "managed-policy": ((BOB, nothing), (EXPORT + BOB, nothing)),
    "mfa-required": ((BOB, nothing), (MFA + BOB, nothing)),
    "plain-http": ((BOB, nothing), (BOB, plain_http)),
    "account-trusted": ((BOB, nothing), (BOB, trusts_the_account)),
    "public-read": ((BOB, nothing), (BOB, bucket_statement("s3:GetObject", "bob/*", "*"))),
    "hostile-ids": ((BOB, nothing), (BOB + HOSTILE, nothing)),
    "any-id": ((BOB, nothing), (BOB + ANY_ID, nothing)),
    "inline-policy": ((BOB, nothing), (BOB + PRICES, nothing)),
    "boundary-removed": ((BOUNDARY + ADMIN + BOB, nothing), (ADMIN + BOB, nothing)),
    "external-id-dropped": ((BUILD + 'external_id = "build-1"\n' + BOB, nothing), (BUILD + BOB, nothing)),
    "condition-removed": ((MFA + BOB, nothing), (BOB, nothing)),
    "shared-folder": ((BOB, nothing), (BOB + OUTBOX, nothing)),
    "extras-added": ((WRITER, nothing), (WRITER + EXTRAS, nothing)),
    "extras-of-new-grant": ((BOB, nothing), (BOB + ALICE + 'extras = ["tags"]\n', nothing)),
    "any-id-widened": ((BOB + ANY_ID, nothing), (BOB + ANY_ID.replace('"list"', '"read"'), nothing)),
    "any-id-pattern": ((BOB + ANY_ID, nothing), (BOB + ANY_ID.replace("{1,6}", "{1,8}"), nothing)),
    "any-id-rewritten": (
        (BOB + ANY_ID, nothing),
        (BOB + ANY_ID.replace('"tenant-[0-9]', "'tenant-\\d").replace('6}"', "6}'"), nothing),
    ),
    "partly-denied": (('[grants.bob]\naccess = "full"\n', DENY), (BOB, DENY)),
    "hostile-texts": ((BOB, nothing), (BOB, bucket_statement("s3:GetObject", HOSTILE_KEY, AUDIT))),
    "several-changes": ((BOB + CAROL, nothing), (PARTNER + WRITER + ALICE, nothing)),
    "role-policy": (
        (BOB, nothing),
        (BOB, add("AWS::IAM::RolePolicy", RoleName="temp-role", PolicyName="x", PolicyDocument=EVERYTHING_IN_S3)),
    ),
    "access-point": ((BOB, nothing), (BOB, ACCESS_POINT)),
    "same-access-point": ((BOB, ACCESS_POINT), (BOB, ACCESS_POINT)),
    "group-member": ((WRITER, nothing), (BOB, GROUP_MEMBER)),
    "replication": ((BOB, nothing), (BOB, replicate_and_publish)),
    "unknown-document": (
        (BOB, nothing),
        (BOB, change("AWS::IAM::Role", ManagedPolicyArns=["arn:aws:iam::444455556666:policy/Mine"])),
    ),
    "administrator": ((BOB, nothing), (ADMIN + BOB, nothing)),
    "bucket-settings": ((BOB, nothing), ("[bucket]\nversioning = false\n" + BOB, nothing)),
}


def synthesize(folder: Path, toml: str, edit: Edit) -> None:
    """Write access.toml, and a cdk.out with the parts that the review reads."""
    shutil.rmtree(folder, ignore_errors=True)
    out = folder / "cdk.out"
    out.mkdir(parents=True)
    (folder / "access.toml").write_text(toml, encoding="utf-8")
    config = load(folder / "access.toml")
    with tempfile.TemporaryDirectory() as scratch:
        app = cdk.App(outdir=scratch, context=_CONTEXT)
        storage = StorageStack(app, "TempAccessStorage", config=config, env=cdk.Environment())
        AccessStack(app, "TempAccess", config=config, bucket=storage.bucket, env=cdk.Environment())
        templates: Templates = {stack.stack_name: copy.deepcopy(stack.template) for stack in app.synth().stacks}
    edit(templates)
    artifacts = {}
    for name, template in templates.items():
        parts = {key: template[key] for key in ("Resources", "Outputs")}
        (out / f"{name}.template.json").write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": f"{name}.template.json"},
        }
    manifest = json.dumps({"version": "55.0.0", "artifacts": artifacts}, indent=1)
    (out / "manifest.json").write_text(manifest + "\n", encoding="utf-8")


def main() -> None:
    """Write every pair."""
    for name, (base, head) in PAIRS.items():
        synthesize(HERE / name / "base", *base)
        synthesize(HERE / name / "head", *head)


if __name__ == "__main__":
    main()
