"""No report contains credentials."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.terminal_text import redact
from temp_access.verify.probes import Result, Verdict, VerificationReport
from temp_access.verify.report.json_report import to_json
from temp_access.verify.report.junit import to_junit
from temp_access.verify.report.markdown import to_markdown
from temp_access.verify.report.terminal import print_table
from tests.unit.support.report_sample import KEY_ID, SECRET, TARGET, TOKEN, list_probe


def _table(report: VerificationReport) -> str:
    out = io.StringIO()
    print_table(report, out)
    return out.getvalue()


@pytest.mark.parametrize("write", [_table, to_json, to_junit, to_markdown])
@pytest.mark.parametrize("secret", [SECRET, TOKEN, KEY_ID])
def test_no_report_shows_a_credential(write, secret) -> None:  # type: ignore[no-untyped-def]
    """What was observed, the control, the cause and the warnings are all masked."""
    slipped = f"the secret is {secret} here"
    result = Result(list_probe(cause=slipped), Verdict.FAILED, slipped, 0.1, slipped)
    report = VerificationReport(TARGET, "7f3a", (result,), (slipped,))

    written = "".join(write(report).split())

    assert secret not in written
    assert "it" in written


def test_keeps_the_last_four_characters_of_a_key_id() -> None:
    """People recognize keys by them."""
    assert redact(f"key {KEY_ID} expired") == "key ****MPLE expired"


@pytest.mark.parametrize(
    "text",
    [
        "aws_secret_access_key=shortsecret12",
        '{"SessionToken": "abcdefgh12345678"}',
        "https://b.s3.amazonaws.com/k?X-Amz-Security-Token=abcdefgh12345678&x=1",
        "<SecretAccessKey>abcdefgh12345678</SecretAccessKey>",
        "x-amz-signature=abcdefgh12345678",
    ],
)
def test_masks_labelled_secrets_of_any_length(text: str) -> None:
    """The local AWS's secrets don't have AWS's lengths."""
    assert "[masked]" in redact(text)
    assert "12" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "User: arn:aws:sts::123456789012:assumed-role/temp-role/bob is not authorized to perform: s3:ListBucket",
        "because no session policy allows the s3:ListBucket action",
        f"digest {TARGET.digest}",
        "AssumeRole for over 1h from GetSessionToken credentials",
        "the session token: expired",
        "s3://temp-access-123456789012-us-east-1/bob/.temp-access-probe-7f3a9c/put-by-bob",
        "0123456789abcdef0123456789abcdef01234567",
    ],
)
def test_leaves_ordinary_texts_alone(text: str) -> None:
    """ARNs, digests, object keys and AWS's messages stay readable."""
    assert redact(text) == text


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"


@given(st.text(_ALPHABET, min_size=37, max_size=37), st.sampled_from(["", " ", "=", ":", '"', "(", "x/"]))
def test_masks_every_secret_key_with_mixed_characters(rest: str, before: str) -> None:
    """40 characters of base64 are a secret key, whatever precedes them."""
    assert rest not in redact(f"{before}aB3{rest}")
