"""The access key of the deployed user, stored in the state folder as a person's key is in ~/.aws.

The folder has the deployer's key as well, so the user's key gives its readers no further access.
"""

import json
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.files import locked
from temp_access.local_aws.control import environment
from temp_access.local_aws.state_dir import StateDir, read_json, write_private

# Any other error leaves open whether a key can be created.
_REFUSALS = ("AccessDenied", "LimitExceeded")
# The tags in which runs of verify record their keys; the value while a run creates one.
_RUN_TAG, _NO_KEY = "temp-access:verify/", "none"


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


def forget_deleted_key(state_dir: Path, user_name: str, key_id: str | None) -> bool:
    """Remove the key from the state folder if IAM says that the user hasn't got it; return whether it did.

    What looks like a refused key may be a fault of the network: a key that is still there would be left behind.
    """
    from botocore.exceptions import ClientError

    try:
        if key_id in _keys(_iam(environment(state_dir)), user_name):
            return False
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            return False
    except Exception:
        # Also what botocore's parsers raise for an answer that isn't of the service's form.
        return False
    return forget_key(state_dir, user_name, key_id)


def _iam(variables: dict[str, str]) -> Any:
    from botocore.config import Config

    from temp_access.local_aws.session import session

    # Sent once, because a repetition after a lost answer would create a second key.
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5)
    return session(variables).client("iam", config=once)


def _keys(iam: Any, user_name: str) -> set[str]:
    return {str(key["AccessKeyId"]) for key in iam.list_access_keys(UserName=user_name)["AccessKeyMetadata"]}


def _create_key(state_dir: StateDir, user_name: str, variables: dict[str, str]) -> dict[str, str]:
    from botocore.exceptions import ClientError

    iam = _iam(variables)
    try:
        before = _keys(iam, user_name)
        access_key = _create(iam, user_name, before)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchEntity":
            raise UserError(
                f"the local AWS has no user {user_name!r}; run `make demo`, or `temp-access deploy --local`"
            ) from error
        raise UserError(
            f"can't create an access key for {user_name!r} ({code}: {error.response['Error'].get('Message')}); if it "
            f"has two, delete one with aws iam delete-access-key --user-name {user_name}",
            exit_code=2 if code in _REFUSALS else 3,
        ) from error
    except Exception as error:
        raise UserError(
            f"no access key was created for {user_name!r}, because the local AWS gave no answer "
            f"({type(error).__name__}); try again",
            exit_code=3,
        ) from error
    key = {"AccessKeyId": access_key["AccessKeyId"], "SecretAccessKey": access_key["SecretAccessKey"]}
    state_dir.users.mkdir(mode=0o700, exist_ok=True)
    write_private(state_dir.user(user_name), json.dumps(key))
    return key


def _create(iam: Any, user_name: str, before: set[str]) -> dict[str, str]:
    """Return a new key; if its answer is lost, delete it, because nobody knows its secret."""
    from botocore.exceptions import ClientError

    try:
        key: dict[str, str] = iam.create_access_key(UserName=user_name)["AccessKey"]
        return key
    except Exception as error:
        if not isinstance(error, ClientError) or error.response["Error"]["Code"] not in (*_REFUSALS, "NoSuchEntity"):
            _delete_lost(iam, user_name, before)
        raise


def _delete_lost(iam: Any, user_name: str, before: set[str]) -> None:
    lost = _keys(iam, user_name) - before
    tags = iam.list_user_tags(UserName=user_name)["Tags"]
    of_runs = {tag["Value"] for tag in tags if tag["Key"].startswith(_RUN_TAG)}
    # A run of verify that is creating its key may have created this one.
    if len(lost) == 1 and not lost & of_runs and _NO_KEY not in of_runs:
        iam.delete_access_key(UserName=user_name, AccessKeyId=lost.pop())
