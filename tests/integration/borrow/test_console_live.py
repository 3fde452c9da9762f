"""The console's sign-in URL against the local AWS's endpoint."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from temp_access.borrow.cached_session import SessionCredentials
from temp_access.borrow.console import sign_in, sign_in_url
from temp_access.errors import TempAccessError
from temp_access.local_aws.session import session
from tests.integration.deploy.project import USER, FinishedCommand, Project, run_project

pytestmark = pytest.mark.integration
HOSTILE = "a&b=c#d é%2F ${x} *"
TOML = f"""
[bucket]
on_destroy = "destroy"
[grants.bob]
access = "read-write"
[grants.alice]
access = "write"
[grants."{HOSTILE}"]
access = "read"
"""


@pytest.fixture(name="made", scope="module")
def _made(deployed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with run_project(tmp_path_factory.mktemp("console"), copy_of=deployed_once) as made:
        made.update(TOML)
        yield made


def console(made: Project, *words: str, env: dict[str, str] | None = None) -> FinishedCommand:
    """Run the command, with a cache of the test's own."""
    where = ("--local", "--state", str(made.aws.state_dir)) if env is None else ()
    cache = {"XDG_CACHE_HOME": str(made.folder / "cache")}
    return made.run("console", *words, *where, env={**cache, **(env or {})})


def visit(made: Project, url: str) -> str:
    """Return the page that the URL redirects to, or the error."""
    trusted = ssl.create_default_context(cafile=made.aws.environment["AWS_CA_BUNDLE"])
    try:
        with urllib.request.urlopen(url, context=trusted) as answer:  # noqa: S310
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.read().decode()


def destination(url: str) -> str:
    """Return the page that the console opens after the sign-in."""
    return parse_qs(urlsplit(url).query)["Destination"][0]


def test_the_url_signs_in_at_the_folder(made: Project) -> None:
    """Standard output has only the URL, without the warning."""
    ended = console(made, "bob")
    assert ended.code == 0, ended.output
    [url] = ended.out.splitlines()
    assert url.startswith(f"{made.aws.url}/federation?Action=login&")
    assert "assumed-role/temp-role/bob,temp-user" in visit(made, url)
    page = urlsplit(destination(url))
    assert page.path == f"/s3/buckets/{made.bucket}"
    assert parse_qs(page.query)["prefix"] == ["bob/"]
    assert "works for 15 minutes and is a secret" in ended.err


def test_a_hostile_folder_is_one_prefix(made: Project) -> None:
    """With any characters in the id."""
    ended = console(made, HOSTILE)
    assert ended.code == 0, ended.output
    assert parse_qs(urlsplit(destination(ended.out.strip())).query)["prefix"] == [f"{HOSTILE}/"]


def test_notes_that_a_folder_cant_be_listed(made: Project) -> None:
    """The console shows an error, as expected for this access mode."""
    ended = console(made, "alice")
    assert (ended.code, "'write' can't list" in ended.err) == (0, True)


def test_opens_another_page(made: Project) -> None:
    """The page must be https or on this machine."""
    ended = console(made, "bob", "--destination", "https://console.aws.amazon.com/cloudshell/home")
    assert destination(ended.out.strip()) == "https://console.aws.amazon.com/cloudshell/home"
    ended = console(made, "bob", "--destination", "http://example.com/")
    assert (ended.code, ended.out, "isn't https" in ended.err) == (2, "", True)


def test_opens_the_url_in_the_browser(made: Project, tmp_path: Path) -> None:
    """With --open, it isn't printed; BROWSER names the browser."""
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    browser.chmod(0o755)
    where = ("--local", "--state", str(made.aws.state_dir))
    env = {"XDG_CACHE_HOME": str(made.folder / "cache"), "BROWSER": f"{browser} %s"}
    ended = made.run("console", "bob", "--open", *where, env=env)
    assert (ended.code, ended.out) == (0, ""), ended.output
    assert "Signed in" in visit(made, opened.read_text())


def test_chained_credentials_get_no_session_duration(made: Project) -> None:
    """The local endpoint refuses the parameter as AWS does; without --local, the environment names the endpoint."""
    assert console(made, "bob").code == 0
    kept = json.loads((made.aws.state_dir / "users" / f"{USER}.json").read_text())
    sts = session(made.aws.environment, kept).client("sts")
    given = sts.get_session_token(DurationSeconds=3600)["Credentials"]
    env = {
        **made.aws.environment,
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
    role = f"arn:aws:iam::{sts.get_caller_identity()['Account']}:role/temp-role"
    ended = console(made, "bob", "--role-arn", role, "--bucket", made.bucket, env=env)
    assert ended.code == 0, ended.output
    assert "Signed in" in visit(made, ended.out.strip())


def test_sends_nothing_to_an_untrusted_endpoint(made: Project) -> None:
    """The credentials need a trusted certificate."""
    place = sign_in("aws", "https://console.aws.amazon.com/", endpoint_url=made.aws.url)
    credentials: SessionCredentials = {
        "AccessKeyId": "ASIAEXAMPLE",
        "SecretAccessKey": "x",
        "SessionToken": "x",
        "Expiration": "2030-01-01T00:00:00Z",
    }
    before = made.actions().count("signin:getSigninToken")
    with pytest.raises(TempAccessError, match="CERTIFICATE_VERIFY_FAILED") as found:
        sign_in_url(place, credentials)
    # Only its own kind is counted: an earlier call's line may still be on its way into the log.
    assert made.actions().count("signin:getSigninToken") == before
    assert found.value.exit_code == 3
