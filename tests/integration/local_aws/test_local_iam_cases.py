"""The cases from AWS's documentation, decided by ministack's evaluator with the corrections of the local AWS."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration
CASES = json.loads((Path(__file__).parents[2] / "data/iam-cases.json").read_text())["cases"]
# The local AWS has no Organizations, and so no SCPs or RCPs.
LOCAL_CASES = [case for case in CASES if not case["policies"]["scp"] and not case["policies"]["rcp"]]


@pytest.fixture(scope="module", name="ministack")
def _ministack() -> Iterator[Any]:
    """Load ministack into this process with its functions replaced, and return the package that replaces them."""
    settings = {"AUTH": "true", "PERSIST_STATE": "0", "S3_PERSIST": "0", "DOCKER_HOST": "unix:///nonexistent"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setitem(os.environ, name, value)
        from temp_access.local_aws.server import ministack
        from temp_access.local_aws.server.ministack import requests

        requests.install()
        yield ministack


@pytest.mark.parametrize("case", LOCAL_CASES, ids=[case["name"] for case in LOCAL_CASES])
def test_decides_as_the_documentation_of_aws_says(ministack: Any, case: dict[str, Any]) -> None:
    """Each case has its source and the reason for its decision."""
    request, policies = case["request"], case["policies"]
    arn, account = request["principal"], request["account"]
    is_role = ":assumed-role/" in arn
    entity_arn = request["role_arn"] if is_role else arn
    name = entity_arn.rpartition("/")[2]
    boundary = "arn:aws:iam::aws:policy/AdministratorAccess" if policies["boundary"] else ""
    iam_service, evaluator = ministack.stores.iam_service, ministack.stores.evaluator
    store = iam_service._roles if is_role else iam_service._users
    store._data[(account, name)] = {"Arn": entity_arn, "PermissionsBoundary": boundary}
    keys = {f"aws:principaltag/{tag.lower()}": value for tag, value in request["principal_tags"].items()}
    context_keys = {key.lower(): value for key, value in request["context"].items()}
    context = evaluator.EvalContext(
        principal_arn=arn,
        principal_type="AssumedRole" if is_role else "User",
        principal_account=account,
        action=request["action"],
        resource_arn=request["resource"],
        region="us-east-1",
        secure_transport=context_keys.get("aws:securetransport") == "true",
        service_context=context_keys,
        principal_keys=keys if is_role else {**keys, "aws:username": name},
    )
    identity = [evaluator.parse_policy_document(policy) for policy in policies["identity"]]
    limits = [[evaluator.parse_policy_document(policies[kind])] for kind in ("boundary", "session") if policies[kind]]
    result = evaluator.combine_resource_policy(
        evaluator.evaluate(context, identity, *limits),
        context,
        policies["resource"],
        request["resource_account"],
        required=policies["resource_is_trust_policy"],
        limits=limits,
    )
    assert (result.decision == "Allow") == (case["expected"] == "allow"), case["reason"]


def test_every_replaced_function_exists_in_the_pinned_ministack(ministack: Any) -> None:
    """A version of ministack that renames one of them fails here, instead of enforcing less."""
    version = re.search(r"ministack==(\S+)", (Path(__file__).parents[3] / "requirements.txt").read_text())
    assert version is not None
    assert version.group(1) == "1.5.33"
    policies, requests, stores = ministack.policies, ministack.requests, ministack.stores
    originals = (policies._first_match, policies._parse_policy_document, requests._enforce, requests._handle_sts)
    for original in originals:
        assert original.__module__.startswith("ministack.")
    assert stores.evaluator.enforce is requests.enforce
    assert stores.sts_service.handle_request is requests.handle_sts
    assert not stores.evaluator.is_root_access_key("test")
