"""The cases taken from AWS's documentation, decided by ministack's evaluator as the local AWS changes it."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration
CASES = json.loads((Path(__file__).parents[2] / "data/iam-cases.json").read_text())["cases"]
# Organizations and their policies aren't part of the local AWS.
LOCAL = [case for case in CASES if not case["policies"]["scp"] and not case["policies"]["rcp"]]


@pytest.fixture(scope="module", name="internals")
def _internals() -> Iterator[Any]:
    """Load ministack into this process, with the strict functions in place."""
    settings = {"AUTH": "true", "PERSIST_STATE": "0", "S3_PERSIST": "0", "DOCKER_HOST": "unix:///nonexistent"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setitem(os.environ, name, value)
        from temp_access.local_aws.server.ministack import internals

        internals.install()
        yield internals


@pytest.mark.parametrize("case", LOCAL, ids=[case["name"] for case in LOCAL])
def test_decides_as_the_documentation_of_aws_says(internals: Any, case: dict[str, Any]) -> None:
    """Each case names its source and the reason of its decision."""
    request, policies = case["request"], case["policies"]
    arn, account = request["principal"], request["account"]
    is_role = ":assumed-role/" in arn
    entity_arn = request["role_arn"] if is_role else arn
    name = entity_arn.rpartition("/")[2]
    boundary = "arn:aws:iam::aws:policy/AdministratorAccess" if policies["boundary"] else ""
    store = internals.iam._roles if is_role else internals.iam._users
    store._data[(account, name)] = {"Arn": entity_arn, "PermissionsBoundary": boundary}
    keys = {f"aws:principaltag/{tag.lower()}": value for tag, value in request["principal_tags"].items()}
    context_keys = {key.lower(): value for key, value in request["context"].items()}
    evaluator = internals.evaluator
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


def test_the_stores_and_functions_that_are_replaced_are_still_there(internals: Any) -> None:
    """A new version of ministack that renames one of them fails here, and not by enforcing less."""
    version = re.search(r"ministack==(\S+)", (Path(__file__).parents[3] / "requirements.txt").read_text())
    assert version is not None
    assert version.group(1) == "1.5.33"
    for replaced in (internals._enforce, internals._first_match, internals._parse, internals._handle_sts):
        assert replaced.__module__.startswith("ministack.")
    assert internals.evaluator.enforce is internals.enforce
    assert internals.sts.handle_request is internals.handle_sts
    assert not internals.evaluator.is_root_access_key("test")
