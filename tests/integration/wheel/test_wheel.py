"""The wheel, installed outside the repository: its contents, and what works with and without its extras."""

import json
import re
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from temp_access.errors import EXTRAS
from temp_access.local_aws.testing import running
from tests.integration.wheel.environment import Environment
from tests.unit.support.config_file import ROOT

pytestmark = pytest.mark.integration

PREPARED = ROOT / "tests" / "data" / "review" / "new-action"
HEAD = ("--template", "head/cdk.out")
CONFIG = ("--config", "head/access.toml")
SNAPSHOTS = ("--base", "base/cdk.out", "--head", "head/cdk.out")
# Runs a command, and prints which of the extras' modules it imported.
REPORT_IMPORTS = """
import sys
from temp_access.cli.main import main
try:
    main({arguments!r})
except SystemExit:
    pass
print(sorted({{'ministack', 'rich', *{modules!r}}} & set(sys.modules)), file=sys.stderr)
"""


@pytest.fixture(scope="module", autouse=True)
def prepared(base: Environment, extended: Environment) -> None:
    """Copy a prepared pair of synthesized outputs into both environments' folders."""
    for environment in (base, extended):
        shutil.copytree(PREPARED, environment.work, dirs_exist_ok=True)


def test_the_wheel_contains_only_the_two_packages(wheel: Path) -> None:
    """Both are marked as typed; the stacks, the tests and the tools stay out."""
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {
        "access_constructs",
        "temp_access",
    }
    assert {"access_constructs/py.typed", "temp_access/py.typed"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_sdist_contains_the_tracked_files(dist: Path) -> None:
    """It has no other files from the folder, and everything that the wheel and the tests need."""
    (file,) = dist.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    tracked = set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines())
    assert names - {"PKG-INFO"} <= tracked
    folders = ("temp_access/", "constructs/", "stacks/", "tests/")
    assert {name for name in tracked - names if (ROOT / name).exists() and name.startswith(folders)} == set()
    assert {"pyproject.toml", "requirements.txt", "README.md", "LICENSE", "CHANGELOG.md", "app.py"} <= names


@pytest.mark.parametrize("environment", ["base", "extended"])
def test_the_packages_come_from_the_wheel(environment: str, request: pytest.FixtureRequest) -> None:
    """Neither environment imports the packages of the repository, with which the other tests would prove nothing."""
    env: Environment = request.getfixturevalue(environment)
    names = ["access_constructs", "temp_access"]
    code = f"from importlib.util import find_spec\nfor each in {names!r}: print(find_spec(each).origin)"
    files = env.python(code).splitlines()
    assert len(files) == len(names)
    assert all(Path(file).is_relative_to(env.folder) for file in files)


def test_without_extras_none_of_their_packages_is_installed(base: Environment) -> None:
    """No dependency installs one of them by accident."""
    modules = [module for each in EXTRAS.values() for module in each]
    code = f"from importlib.util import find_spec; print([each for each in {modules!r} if find_spec(each)])"
    assert base.python(code) == "[]\n"


@pytest.mark.parametrize(
    "arguments", [["credentials", "--help"], ["credentials", "bob"], ["policy", "bob", *CONFIG, "--bucket", "folders"]]
)
def test_borrowing_imports_no_module_of_an_extra(extended: Environment, arguments: list[str]) -> None:
    """This holds even if the extras are installed; rich, which prints tables, isn't imported either."""
    modules = [module for each in EXTRAS.values() for module in each]
    ended = extended.run("python", "-c", REPORT_IMPORTS.format(arguments=arguments, modules=modules))
    assert ended.stderr.splitlines()[-1] == "[]"


def test_the_command_and_the_module_show_the_same_help(base: Environment) -> None:
    """`temp-access` and `python -m temp_access` are the same program."""
    ended = base.run("temp-access", "credentials", "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("usage: temp-access credentials")
    assert base.run("python", "-m", "temp_access", "credentials", "--help").stdout == ended.stdout


def test_a_missing_access_toml_is_an_error(base: Environment) -> None:
    """The message has one line, and the exit code is 2."""
    ended = base.run("temp-access", "credentials", "bob")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(r"access\.toml: there is no such file; .*\n", ended.stderr)


def test_borrowing_works_without_extras(base: Environment, tmp_path: Path) -> None:
    """boto3 is enough to borrow, here from a local AWS that runs in another environment."""
    with running(tmp_path / "state") as aws:
        iam, s3 = aws.deployer.client("iam"), aws.deployer.client("s3")
        user = iam.create_user(UserName="temp-user")["User"]
        statement = {"Effect": "Allow", "Principal": {"AWS": user["Arn"]}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = iam.create_role(RoleName="temp-role", AssumeRolePolicyDocument=trust, MaxSessionDuration=43200)["Role"]
        s3.create_bucket(Bucket="folders")
        key = iam.create_access_key(UserName="temp-user")["AccessKey"]
        user_key = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        names = ("--role-arn", role["Arn"], "--bucket", "folders")
        command = ("credentials", "bob", *CONFIG, *names, "--format", "json")
        ended = base.run("temp-access", *command, **{**aws.environment, **user_key})
    assert ended.returncode == 0, ended.stderr
    credentials = json.loads(ended.stdout)["Credentials"]
    assert set(credentials) == {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert credentials["AccessKeyId"] != key["AccessKeyId"]


@pytest.mark.parametrize(
    ("arguments", "code", "output"),
    [
        (["policy", "bob", *CONFIG, "--bucket", "folders"], 0, '"Statement"'),
        (["can", "bob", "s3:GetObject", "bob/x", *CONFIG, *HEAD], 0, "allowed: s3:GetObject"),
        (["verify", "--offline", *CONFIG, *HEAD], 0, " passed"),
        (["review", *SNAPSHOTS, "--compare-only"], 1, "bob"),
        (["explain", "ExpiredToken"], 0, "ExpiredToken"),
        (["local", "status"], 0, "no local AWS runs"),
    ],
)
def test_commands_that_need_no_extra_run_without_extras(
    base: Environment, arguments: list[str], code: int, output: str
) -> None:
    """These commands read only policies and templates, or nothing."""
    ended = base.run("temp-access", *arguments)
    assert (ended.returncode, ended.stderr.count("Traceback")) == (code, 0), ended.stderr
    assert output in ended.stdout


@pytest.mark.parametrize(
    ("extra", "arguments"),
    [
        ("prove", ["prove", *CONFIG, *HEAD]),
        ("lint", ["lint", *HEAD]),
        ("lint", ["review", *SNAPSHOTS]),
        ("local", ["local", "start"]),
        ("local", ["credentials", "bob", *CONFIG, "--local"]),
    ],
)
def test_a_missing_extra_is_named(base: Environment, extra: str, arguments: list[str]) -> None:
    """The error shows the command that installs it, with exit code 2 and without a traceback."""
    ended = base.run("temp-access", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith(f"needs the extra {extra!r}: pip install 'temp-access[{extra}]'\n")
    assert "Traceback" not in ended.stderr


def test_the_constructs_name_their_extra(base: Environment) -> None:
    """Importing `access_constructs` without its extra shows how to install it."""
    ended = base.run("python", "-c", "import access_constructs")
    assert ended.stderr.endswith("needs the extra 'cdk': pip install 'temp-access[cdk]'\n")


def test_prove_works_with_its_extra(extended: Environment) -> None:
    """It reads access.toml and the synthesized templates."""
    ended = extended.run("temp-access", "prove", *CONFIG, *HEAD, "--json")
    assert ended.returncode == 0, ended.stderr
    assert {claim["status"] for claim in json.loads(ended.stdout)["claims"]} == {"proved"}


def test_lint_works_with_its_extra(extended: Environment) -> None:
    """The prepared templates lack the constructs' acknowledgments, so one finding remains."""
    ended = extended.run("temp-access", "lint", *HEAD, "--json")
    assert ended.returncode == 1, ended.stderr
    assert [finding["rule"] for finding in json.loads(ended.stdout)] == ["ListWithoutPrefix"]


def test_review_is_complete_with_the_extras(extended: Environment) -> None:
    """It has the comparison, the lint findings and the proofs."""
    ended = extended.run("temp-access", "review", *SNAPSHOTS, "--format", "json")
    assert ended.returncode == 1, ended.stderr
    report = json.loads(ended.stdout)
    assert report["headline"] == "broadened"
    assert report["lint"]["as_before"] == 1
    assert report["proofs"]["claims"]


def test_the_local_aws_runs_with_its_extra(extended: Environment) -> None:
    """Its server is a separate process, and must start outside the repository too."""
    started = extended.run("temp-access", "local", "start", "--port", "0")
    try:
        assert started.returncode == 0, started.stderr
        assert "the local AWS runs at https://127.0.0.1:" in extended.run("temp-access", "local", "status").stdout
    finally:
        stopped = extended.run("temp-access", "local", "stop")
    assert stopped.stdout == "stopped the local AWS\n"


def test_another_app_uses_the_constructs(extended: Environment) -> None:
    """The example of docs/constructs.md synthesizes in a separate folder, and imports no configuration."""
    page = (ROOT / "docs" / "constructs.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    configuration = "import sys; print([name for name in sys.modules if name.startswith('temp_access.config')])\n"
    (extended.work / "app.py").write_text(code + configuration, encoding="utf-8")
    ended = extended.run("python", "app.py", CDK_OUTDIR="app.out")
    assert (ended.returncode, ended.stdout) == (0, "[]\n"), ended.stderr
    out = extended.work / "app.out"
    resources = json.loads((out / "Reports.template.json").read_text(encoding="utf-8"))["Resources"].values()
    types = sorted(resource["Type"] for resource in resources if resource["Type"] != "AWS::CDK::Metadata")
    assert types == [
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    ]
    roles = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::IAM::Role"]
    (role,) = (each for each in roles if each.get("MaxSessionDuration") == 4 * 3600)
    (of_grant,) = (each for each in roles if each is not role)
    assert [policy["PolicyName"] for policy in of_grant["Policies"]] == ["Folder"]
    own, partner = role["AssumeRolePolicyDocument"]["Statement"]
    networks = {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}
    assert own["Condition"] == networks
    assert partner["Condition"] == networks | {"StringEquals": {"sts:ExternalId": "the-partner-7f3a"}}
    listing, objects = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert (listing["Action"], objects["Action"]) == ("s3:ListBucket", ["s3:GetObject", "s3:PutObject"])
    (policy,) = (resource["Properties"] for resource in resources if resource["Type"] == "AWS::IAM::ManagedPolicy")
    assert policy["PolicyDocument"]["Statement"][0]["Action"] == ["iam:GetRole", "sts:AssumeRole"]
    report = json.loads((out / "validation-report.json").read_text(encoding="utf-8"))
    acknowledged = [
        violation["acknowledgedId"] for each in report["pluginReports"] for violation in each["suppressedViolations"]
    ]
    assert "AccessChecks::ListWithoutPrefix[s3:ListBucket]" in acknowledged
