"""`temp-access credentials`: the formats, the cache, and that the credentials reach one folder."""

import json
import re
import stat
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from temp_access.local_aws.session import session
from tests.integration.borrow.person import Calls, Person

pytestmark = pytest.mark.integration


def outcome(person: Person, document: dict[str, Any], operation: str, **parameters: str) -> str:
    """Return `allowed`, or the error code of an S3 call with the credentials."""
    s3: Any = session(person.project.aws.environment, document).client("s3")
    try:
        getattr(s3, operation)(Bucket=person.project.bucket, **parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "allowed"


def test_the_process_format_is_the_sdks(person: Person) -> None:
    """Version 1, three parts of the key, Expiration in ISO 8601; and nothing else on stdout."""
    document = person.borrow("bob", "--duration", "1h")
    assert set(document) == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert document["Version"] == 1
    left = datetime.fromisoformat(document["Expiration"]) - datetime.now().astimezone()
    assert timedelta(minutes=58) < left <= timedelta(hours=1, seconds=2)


def test_the_json_format_is_the_clis(person: Person) -> None:
    """The Credentials of `aws sts assume-role`, with the same keys and types."""
    ours = json.loads(person.temp_access("credentials", "bob", "--format", "json").out)
    cli = person.run(
        *("aws", "sts", "assume-role", "--role-session-name", "xx", "--role-arn"),
        "arn:aws:iam::123456789012:role/temp-role",
        env=person.keys,
    )
    assert cli.code == 0, cli.output
    theirs = json.loads(cli.out)["Credentials"]
    assert list(ours) == ["Credentials"]
    assert {k: type(v) for k, v in theirs.items()} == {k: type(v) for k, v in ours["Credentials"].items()}
    assert re.sub(r"\d", "0", theirs["Expiration"])[:19] == re.sub(r"\d", "0", ours["Credentials"]["Expiration"])[:19]


def test_the_env_format_is_for_eval(person: Person) -> None:
    """A shell that evaluates it uses the session, also if a profile was set before."""
    borrow = f"temp-access credentials bob {' '.join(person.local)}"
    ended = person.run("sh", "-c", f'export AWS_PROFILE=nobody; eval "$({borrow})"; aws sts get-caller-identity')
    assert "assumed-role/temp-role/bob,temp-user" in ended.out, ended.output


def test_the_credentials_reach_one_folder(person: Person) -> None:
    """bob's folder, and neither bobby's nor their common prefix."""
    document = person.borrow("bob")
    assert outcome(person, document, "list_objects_v2", Prefix="bob/") == "allowed"
    assert outcome(person, document, "put_object", Key="bob/x", Body="x") == "allowed"
    for prefix in ("bobby/", "bob", ""):
        assert outcome(person, document, "list_objects_v2", Prefix=prefix) == "AccessDenied"
    assert outcome(person, document, "put_object", Key="bobby/x", Body="x") == "AccessDenied"


def test_access_narrows_the_session(person: Person, calls: Calls) -> None:
    """--access read borrows another session, which can't write."""
    person.borrow("bob")
    document = person.borrow("bob", "--access", "read")
    assert calls["sts:AssumeRole"] == 2
    assert outcome(person, document, "list_objects_v2", Prefix="bob/") == "allowed"
    assert outcome(person, document, "put_object", Key="bob/x", Body="x") == "AccessDenied"


def test_uses_a_cached_session(person: Person, calls: Calls) -> None:
    """Every format uses it, without any call."""
    first = person.borrow("bob")
    assert person.borrow("bob") == first
    ended = person.temp_access("credentials", "bob", "--format", "json")
    assert json.loads(ended.out)["Credentials"]["AccessKeyId"] == first["AccessKeyId"]
    assert {action: calls[action] for action in ("sts:AssumeRole", "iam:GetRole", "sts:GetCallerIdentity")} == {
        "sts:AssumeRole": 1,
        "iam:GetRole": 1,
        "sts:GetCallerIdentity": 1,
    }


def test_caches_the_roles_details(person: Person, calls: Calls) -> None:
    """A second grant costs one call."""
    person.borrow("bob")
    person.borrow("bobby")
    assert (calls["sts:AssumeRole"], calls["iam:GetRole"]) == (2, 1)


def test_no_cache_neither_reads_nor_writes_the_cache(person: Person, calls: Calls) -> None:
    """No file is written."""
    keys = {person.borrow("bob", "--no-cache")["AccessKeyId"] for _ in range(2)}
    assert (len(keys), calls["sts:AssumeRole"]) == (2, 2)
    assert not person.cache.exists()


def test_a_changed_access_toml_removes_the_session(person: Person, calls: Calls) -> None:
    """A comment changes nothing; a changed value does, and the old secret is deleted."""
    first = person.borrow("bob")["AccessKeyId"]
    person.toml.write_text("# a comment\n" + person.toml.read_text())
    assert person.borrow("bob")["AccessKeyId"] == first
    person.toml.write_text(person.toml.read_text() + '\n[grants.carol]\naccess = "read"\n')
    assert person.borrow("bob")["AccessKeyId"] != first
    sessions = [json.loads(file.read_text()) for file in (person.cache / "sessions").iterdir()]
    assert first not in [session["credentials"]["AccessKeyId"] for session in sessions]


def test_a_removed_grant_isnt_served_from_the_cache(person: Person) -> None:
    """A grant that was removed from access.toml can't be borrowed."""
    text = person.toml.read_text()
    person.toml.write_text(text + '\n[grants.eve]\naccess = "read"\n')
    person.borrow("eve")
    person.toml.write_text(text)
    ended = person.temp_access("credentials", "eve")
    assert (ended.code, ended.out) == (2, "")
    assert "has no grant 'eve'" in ended.err


def test_notes_that_access_toml_isnt_the_deployed_one(person: Person) -> None:
    """Each call repeats the note, with the differences that the caller can read."""
    text = person.toml.read_text()
    changed = text.replace('max_session_duration = "12h"', 'max_session_duration = "6h"').replace(
        "# [role.conditions]\n# mfa = true", "[role.conditions]\nsource_ip = ['127.0.0.0/8']"
    )
    person.toml.write_text(changed)
    for _ in range(2):
        ended = person.temp_access("credentials", "bob", "--format", "process")
        assert ended.code == 0
        assert "isn't the deployed version" in ended.err
        assert "the role's maximum session duration is 6h in the file, 12h in the deployment" in ended.err
        assert "the trust policy differs" in ended.err


def test_notes_a_difference_that_the_caller_cant_read(person: Person) -> None:
    """A grant isn't part of the deployed role; only the digest differs."""
    person.toml.write_text(person.toml.read_text() + '\n[grants.carol]\naccess = "read"\n')
    assert "the differences are in what these credentials can't read" in person.temp_access("credentials", "carol").err


def test_borrows_for_ids_that_any_id_admits(person: Person) -> None:
    """An id from a database gets its own folder."""
    any_id = '\n[any_id]\npattern = "tenant-[0-9]{1,6}"\naccess = "read-write"\nfolder = "tenants/{id}"\n'
    person.toml.write_text(person.toml.read_text() + any_id)
    document = person.borrow("tenant-7")
    assert outcome(person, document, "put_object", Key="tenants/tenant-7/x", Body="x") == "allowed"
    assert outcome(person, document, "put_object", Key="tenants/tenant-70/x", Body="x") == "AccessDenied"


def test_min_ttl_replaces_a_session_near_its_end(person: Person, calls: Calls) -> None:
    """A session with less time left is borrowed again."""
    first = person.borrow("bob", "--duration", "15m")["AccessKeyId"]
    assert person.borrow("bob", "--duration", "15m")["AccessKeyId"] == first
    time.sleep(1.1)
    assert person.borrow("bob", "--duration", "15m", "--min-ttl", "14m59s")["AccessKeyId"] != first
    assert calls["sts:AssumeRole"] == 2


def test_the_cache_is_private(person: Person) -> None:
    """Files have mode 0600 and folders 0700."""
    person.borrow("bob")
    for path in [person.cache, *person.cache.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_never_uses_another_callers_session(person: Person, calls: Calls) -> None:
    """The same request with another key calls STS."""
    person.borrow("bob")
    words = ("temp-access", "credentials", "bob", "--format", "process")
    deployer = person.run(*words, env={**person.environment, **person.project.aws.environment})
    assert deployer.code == 1
    assert "isn't allowed to assume" in deployer.err
    assert person.run(*words, env=person.keys).code == 0
    # temp-user's own key is the one that --local uses: the same caller, the same session.
    assert calls["sts:AssumeRole"] == 1


def test_the_session_name_has_the_grant_and_the_caller(person: Person) -> None:
    """S3's data events contain nothing else of the request."""
    sts: Any = session(person.project.aws.environment, person.borrow("bob")).client("sts")
    assert sts.get_caller_identity()["Arn"].endswith("assumed-role/temp-role/bob,temp-user")


def test_each_session_is_in_the_audit_log(person: Person, tmp_path: Path) -> None:
    """The log has a line for each session from the time when it is configured."""
    person.borrow("bob")
    log = tmp_path / "audit.jsonl"
    person.toml.write_text(person.toml.read_text() + f'\n[audit]\nfile = "{log}"\n')
    document = person.borrow("bob")
    person.borrow("bob")
    (line,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert line["caller"] == "arn:aws:iam::123456789012:user/temp-user"
    assert (line["grant"], line["session_name"], line["duration"]) == ("bob", "bob,temp-user", 43200)
    assert line["request_id"]
    assert not any(document[part] in log.read_text() for part in ("SecretAccessKey", "SessionToken", "AccessKeyId"))
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_new_run_of_the_local_aws_is_a_miss(person: Person) -> None:
    """Sessions end with their run."""
    from temp_access.local_aws.control import start, stop

    first = person.borrow("bob")
    state = person.project.aws.state_dir
    stop(state)
    start(state, port=person.project.aws.port)
    second = person.borrow("bob")
    assert second["AccessKeyId"] != first["AccessKeyId"]
    assert outcome(person, second, "list_objects_v2", Prefix="bob/") == "allowed"


def test_replaces_the_key_of_a_redeployed_user(person: Person) -> None:
    """An unknown key in the local AWS's state folder is created again."""
    person.borrow("bob")
    (key,) = person.project.keys()
    person.project.iam.delete_access_key(UserName="temp-user", AccessKeyId=key)
    person.temp_access("forget")
    assert person.borrow("bob", "--no-cache")["AccessKeyId"].startswith("ASIA")
    assert person.project.keys() != [key]
