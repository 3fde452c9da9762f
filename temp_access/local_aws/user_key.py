"""The access key of the deployed user, stored in the state folder as a person's key is in ~/.aws.

The folder has the deployer's key as well, so the user's key gives its readers no further access.
"""

import json
from pathlib import Path

from temp_access.errors import UserError
from temp_access.files import locked
from temp_access.local_aws.control import environment
from temp_access.local_aws.state_dir import StateDir, read_json, write_private

# Any other error leaves open whether a key can be created.
_REFUSALS = ("AccessDenied", "LimitExceeded")


def user_environment(state_dir: Path, user_name: str) -> dict[str, str]:
    """Return the environment variables of a client, with the user's access key; the first call creates the key.

    Raises UserError if no local AWS runs in `state_dir`, or it has no such user.
    """
    variables = environment(state_dir)
    state = StateDir.of(state_dir)
    with locked(state.users_lock):
        key = read_json(state.user(user_name)) or _create_key(state, user_name, variables)
    return {
        **variables,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def forget_key(state_dir: Path, user_name: str, key_id: str | None = None) -> bool:
    """Remove the user's key from the state folder, and return whether it had one.

    With `key_id`, another key stays: a process that found this one refused too may have replaced it already.
    """
    state = StateDir.of(state_dir)
    file = state.user(user_name)
    if not file.exists():
        return False
    with locked(state.users_lock):
        if key_id in (None, read_json(file).get("AccessKeyId")):
            file.unlink(missing_ok=True)
    return True


def _create_key(state_dir: StateDir, user_name: str, variables: dict[str, str]) -> dict[str, str]:
    from botocore.config import Config
    from botocore.exceptions import ClientError

    from temp_access.local_aws.session import session

    # Sent once, because a repetition after a lost answer would create a second key.
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5)
    try:
        access_key = session(variables).client("iam", config=once).create_access_key(UserName=user_name)["AccessKey"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchEntity":
            raise UserError(
                f"the local AWS has no user {user_name!r}; run `make demo`, or `temp-access deploy --local`"
            ) from error
        raise UserError(
            f"can't create an access key for {user_name!r} ({code}: {error.response['Error']['Message']}); delete one "
            f"with aws iam delete-access-key --user-name {user_name}",
            exit_code=2 if code in _REFUSALS else 3,
        ) from error
    key = {"AccessKeyId": access_key["AccessKeyId"], "SecretAccessKey": access_key["SecretAccessKey"]}
    state_dir.users.mkdir(mode=0o700, exist_ok=True)
    write_private(state_dir.user(user_name), json.dumps(key))
    return key
