"""What a client's environment must hold, and must not hold, to speak to the local AWS alone."""

import os
from urllib.parse import urlsplit

from temp_access.errors import UserError
from temp_access.local_aws.state_dir import REGION, StateDir, read_json

# Each of these would win over, or slip past, what `environment` sets.
CONFLICTING_VARIABLES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_ENDPOINT_URL_ECR",
    "AWS_ENDPOINT_URL_CLOUDFORMATION",
    "AWS_ENDPOINT_URL_CLOUDCONTROL",
    "AWS_ENDPOINT_URL_EC2",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_LAMBDA",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)


def require_loopback(endpoint_url: str | None) -> str:
    """Return the endpoint when it is this machine's own; raise UserError for any other, or none."""
    host = urlsplit(endpoint_url or "").hostname
    if endpoint_url is None or host not in ("127.0.0.1", "::1", "localhost"):
        raise UserError(
            f"the endpoint {endpoint_url or '(none)'} is not on this machine: the local AWS answers on 127.0.0.1 "
            "only; run `temp-access local start` and use what `temp-access local env` prints"
        )
    return endpoint_url


def environment_of(layout: StateDir, port: int) -> dict[str, str]:
    """Return the variables for a client of the local AWS, with the deployer's key in them."""
    deployer = read_json(layout.deployer)
    return {
        "AWS_ENDPOINT_URL": f"https://127.0.0.1:{port}",
        "AWS_CA_BUNDLE": str(layout.certificate),
        "NODE_EXTRA_CA_CERTS": str(layout.certificate),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": deployer["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": deployer["SecretAccessKey"],
        "AWS_CONFIG_FILE": str(layout.client / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(layout.client / "credentials"),
        # The CDK CLI remembers which account an access key belongs to: in a folder of its own, or a real
        # account and this one get mixed up.
        "CDK_HOME": str(layout.client / "cdk"),
        "CDK_NOTICES": "false",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
        "NO_PROXY": _with_loopback(os.environ.get("NO_PROXY", "")),
        "no_proxy": _with_loopback(os.environ.get("no_proxy", "")),
    }


def _with_loopback(hosts: str) -> str:
    named = [host for host in hosts.split(",") if host]
    return ",".join(named + [host for host in ("127.0.0.1", "localhost") if host not in named])
