"""The environment of a client of the local AWS: the variables to set and to unset, so that it never calls AWS."""

import os
from urllib.parse import urlsplit

from temp_access.errors import UserError
from temp_access.local_aws.state_dir import REGION, StateDir, read_json

# Each of these would override or bypass the variables that `client_environment` returns.
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
    """Return the endpoint if it is on this machine; raises UserError for any other endpoint, or none."""
    host = urlsplit(endpoint_url or "").hostname
    if endpoint_url is None or host not in ("127.0.0.1", "::1", "localhost"):
        raise UserError(
            f"the endpoint {endpoint_url or '(none)'} is not on this machine, and the local AWS listens on 127.0.0.1 "
            "only; run `temp-access local start` and use what `temp-access local env` prints"
        )
    return endpoint_url


def client_environment(state_dir: StateDir, port: int) -> dict[str, str]:
    """Return the environment variables of a client of the local AWS, with the deployer's access key."""
    deployer = read_json(state_dir.deployer)
    return {
        "AWS_ENDPOINT_URL": f"https://127.0.0.1:{port}",
        "AWS_CA_BUNDLE": str(state_dir.certificate),
        "NODE_EXTRA_CA_CERTS": str(state_dir.certificate),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": deployer["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": deployer["SecretAccessKey"],
        "AWS_CONFIG_FILE": str(state_dir.client / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(state_dir.client / "credentials"),
        # The CDK CLI caches the account of each access key: in the user's own cache, it would confuse this account
        # with a real one.
        "CDK_HOME": str(state_dir.client / "cdk"),
        "CDK_NOTICES": "false",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
        "NO_PROXY": _with_loopback(os.environ.get("NO_PROXY", "")),
        "no_proxy": _with_loopback(os.environ.get("no_proxy", "")),
    }


def _with_loopback(hosts: str) -> str:
    names = [host for host in hosts.split(",") if host]
    return ",".join(names + [host for host in ("127.0.0.1", "localhost") if host not in names])
