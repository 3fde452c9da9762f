"""Borrowing from Python: a session that refreshes itself, plain credentials, typed errors, the documented snippet."""

import re
from pathlib import Path

import pytest

from tests.integration.borrow.person import Calls, Person
from tests.integration.deploy.project import ROOT

pytestmark = pytest.mark.integration
GUIDE = (ROOT / "docs/borrowing.md").read_text(encoding="utf-8")
SNIPPET, ASYNC = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


def test_the_documented_snippet_creates_an_upload_url(person: Person) -> None:
    """The URL uploads into bob's folder; a URL for bobby's is refused."""
    upload = """
import ssl, urllib.request, urllib.error, os
context = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
def put(url):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, data=b"x", method="PUT"), context=context).status
    except urllib.error.HTTPError as error:
        return error.code
print(put(url))
url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "bobby/x"})
print(put(url))
"""
    ended = person.python(f"BUCKET = {person.project.bucket!r}\n{SNIPPET}\n{upload}")
    assert ended.out.split() == ["200", "403"], ended.output


def test_the_documented_async_call(person: Person) -> None:
    """The call doesn't block the event loop."""
    code = f"import asyncio, temp_access\nasync def main():\n    {ASYNC}    print(credentials)\nasyncio.run(main())"
    assert re.match(r"….{4} until \d\d:\d\d:\d\d UTC", person.python(code).out)


def test_every_documented_error_is_exported() -> None:
    """The guide lists the errors of the module."""
    import temp_access

    named = set(re.findall(r"`(?:temp_access\.)?([A-Z]\w+)`", GUIDE.rpartition("Errors are")[2]))
    assert named == set(temp_access._MODULES) - {"session", "credentials", "Credentials", "TempAccessError"}


REFRESH = """
import datetime, temp_access
session = temp_access.session("bob", duration="15m"{more})
first = session.get_credentials().get_frozen_credentials().access_key
again = session.get_credentials().get_frozen_credentials().access_key
session.get_credentials()._expiry_time -= datetime.timedelta(minutes={minutes})
last = session.get_credentials().get_frozen_credentials().access_key
print(first == again, first == last, session.client("sts").get_caller_identity()["Arn"].rpartition("/")[2])
"""


def test_a_session_refreshes_itself_near_its_end(person: Person, calls: Calls) -> None:
    """Not earlier, and with a new AssumeRole call, also without a cache."""
    code = REFRESH.format(more=", cache=False", minutes=8)
    assert person.python(code).out == "True False bob,temp-user\n"
    assert calls["sts:AssumeRole"] == 2
    code = REFRESH.format(more=", cache=False", minutes=6)
    assert person.python(code).out == "True True bob,temp-user\n"


def test_a_refresh_reads_access_toml_again(person: Person) -> None:
    """A removed grant isn't borrowed forever."""
    code = """
import datetime, pathlib, temp_access
session = temp_access.session("bob", duration="15m", cache=False)
file = pathlib.Path("access.toml")
file.write_text(file.read_text().replace("[grants.bob]", "[grants.carol]"))
session.get_credentials()._expiry_time -= datetime.timedelta(minutes=14)
try:
    session.get_credentials().get_frozen_credentials()
except temp_access.GrantNotFound as error:
    print(error.cause)
"""
    assert "has no grant 'bob'" in person.python(code).out


def test_the_base_session_borrows(person: Person) -> None:
    """With any environment."""
    keys = person.keys
    given = {name: keys.pop(f"AWS_{name.upper()}") for name in ("access_key_id", "secret_access_key")}
    code = f"""
import boto3, temp_access
base = boto3.Session(aws_access_key_id={given["access_key_id"]!r}, aws_secret_access_key={given["secret_access_key"]!r})
print(temp_access.session("bob", base=base).client("sts").get_caller_identity()["Arn"].rpartition("/")[2])
print(temp_access.credentials("bob", base=base).expiration.tzinfo)
try:
    temp_access.session("bob")
except temp_access.NoCredentials as error:
    print(error.remedy)
"""
    lines = person.python(code, env=keys).out.splitlines()
    assert lines[:2] == ["bob,temp-user", "UTC"]
    assert "set its access key in the environment" in lines[2]


def test_errors_are_typed_and_say_what_to_do(person: Person) -> None:
    """Each has cause and remedy."""
    code = """
import datetime, temp_access
for words in (("nobody",), ("bob", "13h"), ("bob", datetime.timedelta(minutes=1)), ("bob", "soon"), ("bob", 60)):
    try:
        temp_access.credentials(words[0], duration=dict(enumerate(words)).get(1))
    except temp_access.BorrowError as error:
        print(type(error).__name__, bool(error.cause), bool(error.remedy))
"""
    assert [line.split()[0] for line in person.python(code).out.splitlines()] == [
        "GrantNotFound",
        "DurationTooLong",
        "DurationTooShort",
        "BorrowError",
        "DurationTooShort",
    ]


def test_shares_the_cache_with_the_commands(person: Person, calls: Calls, tmp_path: Path) -> None:
    """Programs and people use the same sessions."""
    key = person.borrow("bob", "--duration", "1h")["AccessKeyId"]
    code = "import temp_access; print(temp_access.credentials('bob', duration='1h').access_key_id)"
    assert person.python(code).out.strip() == key
    assert calls["sts:AssumeRole"] == 1
