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
ROLE = "on resource: arn:aws:iam::123456789012:role/temp-role"


def test_explains_every_error_of_assume_role() -> None:
    """The error codes in the service's model have explanations."""
    model = botocore.session.get_session().get_service_model("sts").operation_model("AssumeRole")
    assert model.error_shapes
    for shape in model.error_shapes:
        assert explain(shape.metadata["error"]["code"]).causes


def test_the_causes_of_a_refused_assume_role_are_complete() -> None:
    """The error doesn't say why a trust policy denies a call, so the explanation names every cause."""
    message = f"{USER}sts:AssumeRole {ROLE}"
    causes = " ".join(cause.what for cause in explain("AccessDenied", message, "sts:AssumeRole").causes)
    for part in (
        "AIDA", "external id", "MFA", "source IP", "doesn't exist", "own policy", "organization", "boundary", "denies",
        "not known everywhere",
    ):  # fmt: skip
        assert part in causes
    assert "bucket" not in causes


@pytest.mark.parametrize("code", sorted(load_entries()))
def test_each_entry_is_complete(code: str) -> None:
    """Every cause has all parts, the patterns compile, and the source is AWS's documentation."""
    entry = load_entries()[code]
    assert entry["source"].startswith("https://docs.aws.amazon.com/")
    known = {"code", "also", "also_for", "service", "summary", "source", "phrases", "causes"}
    assert set(entry) <= known
    required = {"what", "how_to_tell", "fix"}
    for cause in entry["causes"]:
        assert required <= set(cause) <= required | {"message", "calls", "bare", "kind"}
        assert cause.get("bare", True) is True
        assert cause.get("kind", "mfa") in ("mfa", "duration")
        assert all(cause[part] and cause[part][-1] != "." for part in ("what", "how_to_tell", "fix"))
    for pattern in (
        p
        for part in (entry, *entry["causes"])
        for kind in ("phrases", "message", "calls")
        for p in (*part.get(kind, ()), *part.get("also_for", {}).values())
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
    assert lines[1].startswith("fix: ")
    assert lines[1].endswith("(more: temp-access explain ExpiredToken)")


def test_summarizes_an_error_of_botocore() -> None:
    """The summary follows the error on its own lines; an unknown error has none."""
    details = {"Code": "AccessDenied", "Message": f"{USER}sts:AssumeRole {ROLE}"}
    summary = summarize_client_error(ClientError({"Error": details}, "AssumeRole"))  # type: ignore[typeddict-item]
    assert summary.startswith("\nlikely: the caller's policies or the role's trust policy")
    assert summarize_client_error(ClientError({"Error": {"Code": "Nonsense"}}, "AssumeRole")) == ""
    assert summarize_client_error(ValueError("x")) == ""


@given(
    st.sampled_from(sorted(known_codes())),
    st.text(max_size=300) | st.sampled_from(["", "Access Denied"]),
    st.text(max_size=30) | st.sampled_from(["", "s3:", "s3:GetObject", "sts:AssumeRole", "kms:Decrypt", "iam:GetRole"]),
)
def test_any_message_has_causes(code: str, message: str, call: str) -> None:
    """Any message of any call leaves at least one cause, and no cause occurs twice."""
    causes = explain(code, message, call).causes
    assert causes
    assert len(causes) == len(set(causes))
