"""Every verdict of the local AWS on a folder's session is the one of the rule in `verdicts`.

A sample runs with the other tests. All of them, about 30,000, take some minutes:
`VERDICTS=all pytest tests/integration/local_aws/test_local_verdicts.py`
"""

import os
import random
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from temp_access.config.model import Grant
from temp_access.policies.session_policy import session_policy_for
from tests.integration.local_aws import verdicts
from tests.integration.local_aws.verdicts import Call

pytestmark = pytest.mark.integration
_SAMPLE = 900
_CODES = {"AccessDenied": "denied", "403": "denied", "NoSuchKey": "missing", "404": "missing"}


class Sessions:
    """Makes the calls of `verdicts` with sessions of one role, each narrowed by the project's session policy."""

    def __init__(self, account: Any) -> None:
        self._account = account
        self.bucket = account.bucket()
        self._policy_for = session_policy_for(bucket=self.bucket, partition="aws")
        arn, self._user = account.user()
        self._role = account.role(arn, account.allow("s3:*"))
        self._clients: dict[tuple[str, str], Any] = {}
        self._tls_context = ssl.create_default_context(cafile=account.instance.environment["AWS_CA_BUNDLE"])

    def client(self, folder: str, mode: str) -> Any:
        """Return the S3 client of a session for the folder."""
        if (folder, mode) not in self._clients:
            policy = self._policy_for(Grant("bob", mode, folder))
            session = self._account.assume(self._user, self._role, policy)
            self._clients[folder, mode] = self._account.client(session, "s3")
        return self._clients[folder, mode]

    def verdict(self, call: Call) -> str:
        """Make the call, and return `allowed`, `missing`, `denied` or the unexpected error code."""
        deployer, client = self._account.s3, self.client(call.folder, call.mode)
        own = f"{call.folder}/own"
        if call.operation.startswith("copy"):
            deployer.put_object(Bucket=self.bucket, Key=own, Body=b"own")
        if call.exists and call.operation != "list":
            deployer.put_object(Bucket=self.bucket, Key=call.key, Body=b"x")
        try:
            return self._make(client, call, {"Bucket": self.bucket, "Key": call.key}, own)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return _CODES.get(code, code)

    def _make(self, client: Any, call: Call, target: dict[str, str], own: str) -> str:
        match call.operation:
            case "list":
                client.list_objects_v2(Bucket=self.bucket, Prefix=call.key)
            case "get" | "head" | "delete" | "put":
                getattr(client, f"{call.operation}_object")(**target)
            case "get-tagging":
                client.get_object_tagging(**target)
            case "multipart":
                client.create_multipart_upload(**target)
            case "copy-from":
                client.copy_object(Bucket=self.bucket, Key=own, CopySource=target)
            case "copy-to":
                client.copy_object(
                    **target, CopySource={"Bucket": self.bucket, "Key": own}, MetadataDirective="REPLACE"
                )
            case "batch-delete":
                reply = client.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": call.key}]})
                return "denied" if "Errors" in reply else "allowed"
            case _:
                return self._get(client.generate_presigned_url("get_object", Params=target))
        return "allowed"

    def _get(self, url: str) -> str:
        try:
            with urllib.request.urlopen(url, context=self._tls_context):  # noqa: S310
                return "allowed"
        except urllib.error.HTTPError as error:
            return _CODES.get(str(error.code), str(error.code))


def sample() -> list[Call]:
    """Return the calls that run with the other tests; always the same ones."""
    return random.Random(9).sample(list(verdicts.all_calls()), _SAMPLE)  # noqa: S311 - not a secret


def test_every_verdict_is_the_one_of_the_rule(account: Any) -> None:
    """A session reaches exactly the keys below its folder, and learns of a missing key only where it may list."""
    calls = list(verdicts.all_calls()) if os.environ.get("VERDICTS") == "all" else sample()
    sessions = Sessions(account)
    different = [
        f"{call}: {seen} instead of {wanted}"
        for call in calls
        if (seen := sessions.verdict(call)) != (wanted := verdicts.expected(call))
    ]
    assert not different, f"{len(different)} of {len(calls)} differ:\n" + "\n".join(different[:20])


def test_the_sample_has_every_folder_mode_operation_and_outcome() -> None:
    """A smaller set of calls, or an outcome that no call has, would prove less."""
    calls, sampled = list(verdicts.all_calls()), sample()
    assert len(calls) > 20_000
    assert {call.folder for call in sampled} == set(verdicts.FOLDERS)
    assert {call.mode for call in sampled} == set(verdicts.MODES)
    for operation in verdicts.OPERATIONS:
        outcomes = {verdicts.expected(call) for call in calls if call.operation == operation}
        assert outcomes == {"allowed", "denied"} | ({"missing"} if operation in verdicts.READS else set()), operation
    assert len({(call.operation, verdicts.expected(call)) for call in sampled}) > 20
