"""The library's packages run on demand: the checks don't load what they don't use, and others find all of it."""

import subprocess
import sys

CHECK = """
from temp_access.iam.statements import LocatedDocument, PolicyType
from temp_access.lint.findings import _grammar_violations
statement = {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}
document = {"Version": "2012-10-17", "Statement": [statement]}
[(_, violation)] = _grammar_violations(LocatedDocument(PolicyType.IDENTITY, "Policy", document, ("user",)))
print(violation.detail)
"""


def run(before: str = "", after: str = "") -> list[str]:
    """Check a policy in a new process, with code before and after; return the printed lines."""
    code = before + CHECK + after
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout.splitlines()


def test_the_checks_load_no_web_client_and_no_reports() -> None:
    heavy = ("boto3", "httpx._client", "rich.console", "iam_validator.core.report", "iam_validator.core.cli")
    finding, loaded = run(after=f"import sys; print([name for name in {heavy} if name in sys.modules])")
    assert finding == "invalid_action:s3:GetObjekt"
    assert loaded == "[]"


def test_the_whole_library_can_be_imported_afterwards() -> None:
    after = """
from iam_validator import AWSServiceFetcher, main
import httpx
from iam_validator.core import PolicyLoader
import iam_validator.sdk
from temp_access.lint.service_data import Services
print(issubclass(Services, AWSServiceFetcher), callable(main), httpx.AsyncClient.__name__)
print(iam_validator.sdk.PolicyLoader is PolicyLoader)
"""
    assert run(after=after)[-2:] == ["True True AsyncClient", "True"]


def test_the_library_may_be_imported_before() -> None:
    assert run(before="import iam_validator, httpx")[-1] == "invalid_action:s3:GetObjekt"
