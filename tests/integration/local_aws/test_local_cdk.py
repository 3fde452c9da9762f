"""The real CDK CLI with the local AWS: bootstrap, deploy, update, diff and destroy."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from temp_access.local_aws.client import CONFLICTING_VARIABLES
from temp_access.local_aws.testing import running

pytestmark = pytest.mark.integration
CDK = Path(__file__).parents[3] / "node_modules/.bin/cdk"
APP = """
import os
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

app = cdk.App()
stack = cdk.Stack(app, "Tiny", env=cdk.Environment(account="123456789012", region="us-east-1"))
bucket = s3.Bucket(stack, "Bucket", enforce_ssl=True, removal_policy=cdk.RemovalPolicy.DESTROY)
user = iam.User(stack, "User", user_name="temp-user")
policy = iam.ManagedPolicy(stack, "Policy", users=[user])
policy.add_statements(iam.PolicyStatement(actions=["s3:ListAllMyBuckets"], resources=["*"]))
role = iam.Role(
    stack, "Role", role_name="temp-role", assumed_by=iam.ArnPrincipal(user.user_arn),
    max_session_duration=cdk.Duration.hours(int(os.environ["HOURS"])),
)
bucket.grant_read(role)
cdk.CfnOutput(stack, "BucketName", value=bucket.bucket_name)
app.synth()
"""


@pytest.mark.skipif(not CDK.exists(), reason="the CDK CLI is not installed (npm ci)")
def test_the_cdk_cli_deploys_updates_compares_and_destroys(tmp_path: Path) -> None:
    """Each command succeeds, the stack has the requested properties, and destroy leaves nothing."""
    (tmp_path / "app.py").write_text(APP)
    with running(tmp_path / "state") as instance:
        environment = {name: value for name, value in os.environ.items() if name not in CONFLICTING_VARIABLES}
        environment.update(instance.environment, CDK_VALIDATION="false")
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"

        def cdk(*arguments: str, hours: int = 2, app: str = f"{sys.executable} app.py") -> None:
            command = [str(CDK), *arguments, "--app", app]
            completed = subprocess.run(
                command,
                cwd=tmp_path,
                env={**environment, "HOURS": str(hours)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert completed.returncode == 0, completed.stdout + completed.stderr

        deploy = ("deploy", "--require-approval", "never", "--outputs-file", "outputs.json")
        cdk("bootstrap", "aws://123456789012/us-east-1")
        cdk(*deploy)
        outputs: dict[str, Any] = json.loads((tmp_path / "outputs.json").read_text())
        iam = instance.deployer.client("iam")
        instance.deployer.client("s3").head_bucket(Bucket=outputs["Tiny"]["BucketName"])
        assert iam.get_role(RoleName="temp-role")["Role"]["MaxSessionDuration"] == 7200
        cdk(*deploy, hours=4)
        assert iam.get_role(RoleName="temp-role")["Role"]["MaxSessionDuration"] == 14400
        # The assembly of the last deployment: neither depends on who synthesizes it.
        cdk("diff", "--fail", app="cdk.out")
        cdk("destroy", "--force", app="cdk.out")
        assert [user["UserName"] for user in iam.list_users()["Users"]] == ["deployer"]
        assert (tmp_path / "state/client/cdk").is_dir()
