"""Explanations of error codes, whose causes are ordered by the message."""

import re

import botocore.session
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from temp_access.error_guide.guide import (
    UnknownCodeError,
    explain,
    known_codes,
    load_entries,
    summarize,
    summarize_client_error,
)

USER = "User: arn:aws:iam::123456789012:user/temp-user is not authorized to perform: "
BOB = "User: arn:aws:sts::123456789012:assumed-role/temp-role/bob is not authorized to perform: "
ROLE = "on resource: arn:aws:iam::123456789012:role/temp-role"
OBJECT = 'on resource: "arn:aws:s3:::bucket/bobby/x"'
# A code, its message as AWS words it, and a part of the cause that must come first.
CASES = [
    ("AccessDenied", f"{USER}sts:AssumeRole {ROLE}", "trust policy names the role's ARN"),
    ("AccessDenied", f"{USER}sts:AssumeRole {ROLE} because no identity-based policy allows the sts:AssumeRole action",
     "caller's own policy"),
    ("AccessDenied", f"{USER}sts:AssumeRole {ROLE} because no resource-based policy allows the sts:AssumeRole action",
     "trust policy names the role's ARN"),
    ("AccessDenied", f"{BOB}sts:AssumeRole {ROLE}", "other credentials than you think"),
    ("AccessDenied", f"{USER}sts:SetSourceIdentity {ROLE}", "source identity"),
    ("AccessDenied", f"{USER}sts:TagSession {ROLE}", "session tags"),
    ("AccessDenied", f"{BOB}s3:GetObject {OBJECT} because no session policy allows the s3:GetObject action",
     "session policy doesn't allow"),
    ("AccessDenied", f"{BOB}s3:ListBucket {OBJECT} because no session policy allows the s3:ListBucket action",
     "without the folder's prefix"),
    ("AccessDenied", f"{BOB}s3:GetObject {OBJECT} because no identity-based policy allows the s3:GetObject action",
     "own policies don't allow"),
    ("AccessDenied", f"{BOB}s3:GetObject {OBJECT} with an explicit deny in an identity-based policy", "revoked"),
    ("AccessDenied", f"{BOB}s3:GetObject {OBJECT} with an explicit deny in a resource-based policy", "bucket's policy"),
    ("AccessDenied", f"{BOB}s3:GetObject {OBJECT} because no permissions boundary allows the s3:GetObject action",
     "permissions boundary"),
    ("AccessDenied", f"{BOB}s3:GetObject {OBJECT} with an explicit deny in a service control policy", "organization"),
    ("AccessDenied", f"{BOB}s3:GetObject {OBJECT} because no VPC endpoint policy allows the s3:GetObject action",
     "VPC endpoint"),
    ("MalformedPolicyDocument", "This policy contains invalid Json: not in JSON format", "isn't JSON"),
    ("MalformedPolicyDocument", 'Invalid principal in policy: "AWS":"AIDAEXAMPLEID0000000"', "principal that doesn't"),
    ("MalformedPolicyDocument", "Policy document should not specify a principal.", "has a Principal"),
    ("MalformedPolicyDocument", "Vendor foo is not valid", "service prefix"),
    ("MalformedPolicy", "Invalid principal in policy", "principal that doesn't exist"),
    ("RegionDisabledException", "STS is not activated in this region for account:123456789012", "deactivated"),
    ("PackedPolicyTooLarge", "Packed policy consumes 112% of allotted space", "too large once packed"),
    ("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
     "over the role's maximum"),
    ("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
     "chaining.", "role chaining"),
    ("ValidationError", "1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint: "
     "Member must have value greater than or equal to 900", "under 900"),
    ("ValidationError", "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: "
     "Member must satisfy regular expression pattern: [\\w+=,.@-]*", "session name"),
    ("ValidationError", "Value 'x' at 'externalId' failed to satisfy constraint", "external id"),
    ("ValidationError", "MultiFactorAuthentication failed with invalid MFA one time pass code.", "MFA"),
    ("ValidationError", "Value '…' at 'policy' failed to satisfy constraint: Member must have length less than or "
     "equal to 2048", "2048"),
    ("ExpiredToken", "The security token included in the request is expired", "caller's own temporary"),
    ("ExpiredToken", "The provided token has expired.", "borrowed credentials ran out"),
    ("ExpiredTokenException", "The security token included in the request is expired", "caller's own temporary"),
    ("RequestExpired", "Request has expired.", "presigned URL"),
    ("InvalidClientTokenId", "The security token included in the request is invalid", "deleted or made inactive"),
    ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "session token"),
    ("InvalidToken", "The provided token is malformed or otherwise invalid.", "cut off"),
    ("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.",
     "secret access key"),
    ("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z", "clock"),
    ("SignatureDoesNotMatch", "Signature not yet current: 20260101T002000Z is still later than 20260101T001500Z",
     "clock"),
    ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", "clock"),
    ("Throttling", "Rate exceeded", "without sharing"),
    ("RequestLimitExceeded", "Request limit exceeded.", "without sharing"),
    ("SlowDown", "Please reduce your request rate.", "3,500"),
    ("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", "two access keys"),
    ("LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000", "1000"),
    ("LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role temp-role", "too large"),
    ("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10", "ten managed policies"),
    ("EntityAlreadyExists", "Role with name temp-role already exists.", "earlier deployment"),
    ("NoSuchEntity", "The role with name temp-role cannot be found.", "aren't deployed"),
    ("DeleteConflict", "Cannot delete entity, must delete access keys first.", "access keys"),
    ("DeleteConflict", "Cannot delete entity, must delete policies first.", "inline policy"),
    ("NoSuchBucket", "The specified bucket does not exist", "another name"),
    ("NoSuchKey", "The specified key does not exist.", "lacks the folder"),
    ("PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.",
     "Region is wrong"),
    ("AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; "
     "expecting 'eu-central-1'", "Region is wrong"),
    ("MissingAuthenticationToken", "Request is missing Authentication Token", "no profile"),
    ("ServiceUnavailable", "Could not connect to the endpoint URL: https://127.0.0.1:4610/", "can't be reached"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "first"), CASES, ids=[f"{code}-{first}" for code, _, first in CASES])
def test_the_message_decides_which_cause_comes_first(code: str, message: str, first: str) -> None:
    """AWS's message leads to the cause that it describes."""
    assert first in explain(code, message).causes[0].what


def test_every_code_has_a_case() -> None:
    """Every explanation has a case above."""
    assert set(load_entries()) == {known_codes()[code] for code, _, _ in CASES}


def test_explains_every_error_of_assume_role() -> None:
    """The error codes in the service's model have explanations."""
    model = botocore.session.get_session().get_service_model("sts").operation_model("AssumeRole")
    assert model.error_shapes
    for shape in model.error_shapes:
        assert explain(shape.metadata["error"]["code"]).causes


def test_the_causes_of_a_refused_assume_role_are_complete() -> None:
    """The error doesn't say why a trust policy denies a call, so the explanation names every cause."""
    causes = " ".join(cause.what for cause in explain("AccessDenied", f"{USER}sts:AssumeRole {ROLE}").causes)
    for part in ("AIDA", "external id", "MFA", "source IP", "doesn't exist", "own policy", "not known everywhere"):
        assert part in causes
    assert "bucket" not in causes


@pytest.mark.parametrize("code", sorted(load_entries()))
def test_each_entry_is_complete(code: str) -> None:
    """Every cause has all parts, the patterns compile, and the source is AWS's documentation."""
    entry = load_entries()[code]
    assert entry["source"].startswith("https://docs.aws.amazon.com/")
    known = {"code", "also", "service", "summary", "source", "phrases", "causes"}
    assert set(entry) <= known
    for cause in entry["causes"]:
        assert {"what", "how_to_tell", "fix"} <= set(cause) <= {"what", "how_to_tell", "fix", "message"}
        assert all(cause[part] and cause[part][-1] != "." for part in ("what", "how_to_tell", "fix"))
    for pattern in (
        p for part in (entry, *entry["causes"]) for p in (*part.get("phrases", ()), *part.get("message", ()))
    ):
        re.compile(pattern)


def test_no_code_has_two_entries() -> None:
    """Every spelling of a code belongs to one entry."""
    listed = [code for entry in load_entries().values() for code in (entry["code"], *entry.get("also", ()))]
    assert len(listed) == len(set(listed))


def test_suggests_codes_for_an_unknown_one() -> None:
    """The error for a typo suggests a code, and any other error lists the known codes."""
    with pytest.raises(UnknownCodeError) as error:
        explain("AcessDenid")
    assert error.value.nearest[0] == "AccessDenied"
    assert error.value.exit_code == 2
    with pytest.raises(UnknownCodeError, match="known: AccessDenied, "):
        explain("\x1b[31m!")


def test_ignores_the_case_of_a_code() -> None:
    """A code has an explanation in any case."""
    assert explain("accessdenied").code == "AccessDenied"


def test_the_summary_has_two_lines() -> None:
    """The summary fits below the error of a failed call."""
    lines = summarize(explain("ExpiredToken")).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("likely: ")
    assert lines[1].endswith("(more: temp-access explain ExpiredToken)")


def test_summarizes_an_error_of_botocore() -> None:
    """The summary follows the error on its own lines; an unknown error has none."""
    details = {"Code": "AccessDenied", "Message": f"{USER}sts:AssumeRole {ROLE}"}
    summary = summarize_client_error(ClientError({"Error": details}, "AssumeRole"))  # type: ignore[typeddict-item]
    assert summary.startswith("\nlikely: the trust policy names the role's ARN")
    assert summarize_client_error(ClientError({"Error": {"Code": "Nonsense"}}, "AssumeRole")) == ""
    assert summarize_client_error(ValueError("x")) == ""


@given(st.sampled_from(sorted(known_codes())), st.text(max_size=300))
def test_any_message_has_causes(code: str, message: str) -> None:
    """Any message leaves at least one cause, and no cause occurs twice."""
    causes = explain(code, message).causes
    assert causes
    assert len(causes) == len(set(causes))
