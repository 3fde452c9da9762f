"""An access key of the deployed user, kept in the state folder: what a person would have in ~/.aws.

The deployer's key lies there as well, so this opens nothing that isn't open already.
"""

import json
from pathlib import Path

from temp_access.errors import UserError
from temp_access.files import locked
from temp_access.local_aws.control import environment
from temp_access.local_aws.state_dir import StateDir, read_json, write_private


def user_environment(state_dir: Path, user_name: str) -> dict[str, str]:
    """Return the variables for clients of the running server, with the user's key; it is made when first needed.

    Raises UserError if no server runs or there is no such user.
    """
    variables = environment(state_dir)
    layout = StateDir.of(state_dir)
    with locked(layout.users_lock):
        key = read_json(layout.user(user_name)) or _mint(layout, user_name, variables)
    return {
        **variables,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def forget_key(state_dir: Path, user_name: str) -> bool:
    """Forget the kept key of the user, and say whether there was one."""
    file = StateDir.of(state_dir).user(user_name)
    there = file.exists()
    file.unlink(missing_ok=True)
    return there


def _mint(layout: StateDir, user_name: str, variables: dict[str, str]) -> dict[str, str]:
    from botocore.exceptions import ClientError

    from temp_access.local_aws.session import session

    try:
        made = session(variables).client("iam").create_access_key(UserName=user_name)["AccessKey"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchEntity":
            raise UserError(
                f"the local AWS has no user {user_name!r}; run `make demo`, or `temp-access deploy --local`"
            ) from error
        raise UserError(
            f"no access key can be made for {user_name!r} ({code}: {error.response['Error']['Message']}); delete one "
            f"with aws iam delete-access-key --user-name {user_name}"
        ) from error
    key = {"AccessKeyId": made["AccessKeyId"], "SecretAccessKey": made["SecretAccessKey"]}
    layout.users.mkdir(mode=0o700, exist_ok=True)
    write_private(layout.user(user_name), json.dumps(key))
    return key
