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

from stacks.definition import define_stacks
from stacks.node import use_own_node
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


ANN = "[users.ann]\n"
GITHUB = """[identity_providers.github]
issuer = "https://token.actions.githubusercontent.com"
audience = "sts.amazonaws.com"
"""
MAIN = "oidc/github/repo:example/app:ref:refs/heads/main"


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


def borrowed(*borrowers: str, access: str = "read") -> str:
    """Return the table of bob's grant with these borrowers; one that begins with { is a table of its own."""
    texts = ", ".join(each if each.startswith("{") else json.dumps(each) for each in borrowers)
    return f'[grants.bob]\naccess = "{access}"\nborrowers = [{texts}]\n'


def own_resource(templates: Templates, kind: str) -> dict[str, Any]:
    """Return the properties of the only resource of a type in the stacks of borrowers and grants."""
    stacks = [template for name, template in templates.items() if name not in ("TempAccess", "TempAccessStorage")]
    return next(r["Properties"] for t in stacks for r in t["Resources"].values() if r["Type"] == kind)


def trust_condition(operator: str, key: str, value: str | None) -> Edit:
    """Return the edit that sets a condition of the trust policy of bob's role, or removes it (None)."""

    def edit(templates: Templates) -> None:
        conditions = own_resource(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]
        for keys in conditions.values():
            keys.pop(key, None)
        if value is not None:
            conditions.setdefault(operator, {})[key] = value

    return edit


def trust_statement(templates: Templates) -> None:
    """Let a role that access.toml doesn't name assume bob's role."""
    document = own_resource(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]
    principal = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/audit"}}
    document["Statement"].append({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def whole_bucket(templates: Templates) -> None:
    """Let bob's role read the whole bucket: its policy without the folder."""
    statement = own_resource(templates, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"][1]
    statement["Resource"]["Fn::Join"][1][-1] = "/*"


def second_role(templates: Templates) -> None:
    """Add a role that no grant has to the stack of bob's role: a copy of it for carol, with everything in S3."""
    [stack] = [template for name, template in templates.items() if name.startswith("TempAccessGrants")]
    role = copy.deepcopy(next(each for each in stack["Resources"].values() if each["Type"] == "AWS::IAM::Role"))
    del role["Metadata"]
    role["Properties"] |= {"RoleName": "temp-role-carol", "Tags": []}
    role["Properties"]["Policies"] = [{"PolicyName": "Folder", "PolicyDocument": EVERYTHING_IN_S3}]
    stack["Resources"]["Carol"] = role


def everything_for_ann(templates: Templates) -> None:
    """Give ann's user everything in S3."""
    policies = own_resource(templates, "AWS::IAM::User").setdefault("Policies", [])
    policies.append({"PolicyName": "more", "PolicyDocument": EVERYTHING_IN_S3})


AUD, SUB = (f"token.actions.githubusercontent.com:{key}" for key in ("aud", "sub"))
PARTNER_ROLE = "arn:aws:iam::222233334444:role/partner"
REPORT = '{ principal = "%s", external_id = "%s" }'
MORE_FOR_ANN = '[[users.ann.aws_managed]]\nname = "AmazonS3ReadOnlyAccess"\nreason = "she reads the reports"\n'
PIPELINE = GITHUB + borrowed(MAIN)
FOR_ANN = ANN + borrowed("user/ann")
READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"
BORROWER_PAIRS: dict[str, tuple[ConfigAndEdit, ConfigAndEdit]] = {
    "grant-moves-to-own-role": ((WRITER + CAROL, nothing), (FOR_ANN + CAROL, nothing)),
    "grant-moves-to-temp-role": ((FOR_ANN + CAROL, nothing), (BOB + CAROL, nothing)),
    "borrowed-grant-added": ((BOB, nothing), (BOB + CAROL + 'borrowers = ["role/build"]\n', nothing)),
    "borrower-user-added": ((FOR_ANN, nothing), (ANN + "[users.eve]\n" + borrowed("user/ann", "user/eve"), nothing)),
    "borrower-removed": (
        (borrowed("role/build", "role/audit"), nothing),
        (borrowed("role/build"), nothing),
    ),
    "borrower-sso-person": (
        (borrowed("sso/DataTeam"), nothing),
        (borrowed("sso/DataTeam/ann@example.com"), nothing),
    ),
    "borrower-oidc-pattern": ((PIPELINE, nothing), (GITHUB + borrowed(MAIN.replace("main", "*")), nothing)),
    "borrower-oidc-added": ((FOR_ANN, nothing), (ANN + GITHUB + borrowed("user/ann", MAIN), nothing)),
    "borrower-service": (
        (borrowed("role/build"), nothing),
        (borrowed("role/build", "service/lambda.amazonaws.com", "service/pods.eks.amazonaws.com"), nothing),
    ),
    "borrower-external-id": (
        (borrowed(REPORT % (PARTNER_ROLE, "the-partner-7f3a")), nothing),
        (borrowed(REPORT % (PARTNER_ROLE, "the-partner-8c1d")), nothing),
    ),
    "borrowed-folder-and-access": (
        (borrowed("role/build") + 'duration = "1h"\n', nothing),
        (borrowed("role/build", access="read-write") + 'folder = "team/bob"\nduration = "2h"\n', nothing),
    ),
    "borrowers-need-mfa": (
        (ANN + borrowed("user/ann", "role/build"), nothing),
        (MFA + ANN + borrowed("user/ann", "role/build"), nothing),
    ),
    "user-policies-changed": ((FOR_ANN, nothing), (ANN + MORE_FOR_ANN + borrowed("user/ann"), nothing)),
    "user-removed": (
        (ANN + "[users.eve]\n" + borrowed("user/ann", "user/eve"), nothing),
        (ANN + borrowed("user/ann"), nothing),
    ),
    "provider-audience": ((PIPELINE, nothing), (PIPELINE.replace("sts.amazonaws.com", "our-company"), nothing)),
    "provider-issuer": (
        (PIPELINE, nothing),
        (PIPELINE.replace("token.actions.githubusercontent.com", "gitlab.example.com"), nothing),
    ),
    "provider-created": ((PIPELINE, nothing), (PIPELINE.replace("[grants", "create = true\n[grants"), nothing)),
    "role-boundary": (
        (borrowed("role/build"), nothing),
        (f'[role]\npermissions_boundary = "{READ_ONLY}"\n' + borrowed("role/build"), nothing),
    ),
    "role-boundary-unknown": (
        (borrowed("role/build"), nothing),
        ('[role]\npermissions_boundary = "arn:aws:iam::444455556666:policy/Limit"\n' + borrowed("role/build"), nothing),
    ),
    "role-path": (
        (FOR_ANN + CAROL, nothing),
        ('[role]\npath = "/temp-access/"\n' + FOR_ANN + CAROL, nothing),
    ),
    "tags": ((FOR_ANN, nothing), ('[tags]\ncost-center = "4711"\n' + FOR_ANN, nothing)),
    "edited-grant-trust": ((FOR_ANN, nothing), (FOR_ANN, trust_statement)),
    "edited-grant-policy": ((borrowed("role/build"), nothing), (borrowed("role/build"), whole_bucket)),
    "edited-subject": ((PIPELINE, nothing), (PIPELINE, trust_condition("StringLike", SUB, "repo:example/*"))),
    "edited-audience": ((PIPELINE, nothing), (PIPELINE, trust_condition("", AUD, None))),
    "edited-username": (
        (borrowed("sso/DataTeam/ann@example.com"), nothing),
        (borrowed("sso/DataTeam/ann@example.com"), trust_condition("StringLike", "aws:userid", "*:*@example.com")),
    ),
    "edited-user": ((FOR_ANN, nothing), (FOR_ANN, everything_for_ann)),
    "role-without-grant": ((FOR_ANN, nothing), (FOR_ANN, second_role)),
    "several-borrowers": (
        (BOB + CAROL, nothing),
        (
            ANN
            + GITHUB
            + borrowed("user/ann", MAIN, "sso/DataTeam/eve@example.com")
            + CAROL
            + 'borrowers = ["service/lambda.amazonaws.com"]\n'
            + ALICE,
            nothing,
        ),
    ),
}
PAIRS |= BORROWER_PAIRS


def synthesize(folder: Path, toml: str, edit: Edit) -> None:
    """Write access.toml, and a cdk.out with the parts that the review reads."""
    shutil.rmtree(folder, ignore_errors=True)
    out = folder / "cdk.out"
    out.mkdir(parents=True)
    (folder / "access.toml").write_text(toml, encoding="utf-8")
    config = load(folder / "access.toml")
    with tempfile.TemporaryDirectory() as scratch:
        app = cdk.App(outdir=scratch, context=_CONTEXT)
        define_stacks(app, config)
        templates: Templates = {stack.stack_name: copy.deepcopy(stack.template) for stack in app.synth().stacks}
    edit(templates)
    artifacts = {}
    for name, template in templates.items():
        parts = {key: template[key] for key in ("Resources", "Outputs") if key in template}
        (out / f"{name}.template.json").write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": f"{name}.template.json"},
        }
    manifest = json.dumps({"version": "55.0.0", "artifacts": artifacts}, indent=1)
    (out / "manifest.json").write_text(manifest + "\n", encoding="utf-8")


def main() -> None:
    """Write every pair, or those that the arguments name."""
    for name, (base, head) in PAIRS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        synthesize(HERE / name / "base", *base)
        synthesize(HERE / name / "head", *head)


if __name__ == "__main__":
    main()
