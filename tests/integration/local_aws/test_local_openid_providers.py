"""IAM's actions for OpenID Connect providers on the local AWS, and their state after a restart."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.local_aws.control import start, stop
from tests.integration.local_aws.conftest import LocalAccount, document

pytestmark = pytest.mark.integration
ACCOUNT = "123456789012"
MISSING = f"arn:aws:iam::{ACCOUNT}:oidc-provider/missing.example.com"


def host(account: LocalAccount) -> str:
    """Return the host of a provider that no other test uses."""
    return f"{account.name('idp')}.example.com"


def test_a_provider_is_created_read_listed_and_deleted(account: LocalAccount) -> None:
    """Its ARN and its Url are without https://."""
    name = host(account)
    created = account.iam.create_open_id_connect_provider(
        Url=f"https://{name}", ClientIDList=["a", "b"], Tags=[{"Key": "team", "Value": "data"}]
    )
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}"
    assert created["OpenIDConnectProviderArn"] == arn
    found = account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (found["Url"], found["ClientIDList"]) == (name, ["a", "b"])
    assert found["Tags"] == [{"Key": "team", "Value": "data"}]
    assert {"Arn": arn} in account.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    account.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert account.outcome(account.iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn) == "NoSuchEntity"
    # Deleting it again isn't an error.
    account.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example.com",
        "a.example.com",
        "https://a.example.com:8443",
        "https://a.example.com?x=1",
        "https://a.example.com/#x",
        "https://user@a.example.com",
        "https://",
        "https://a b",
    ],
)
def test_the_url_is_https_without_port_and_query(account: LocalAccount, url: str) -> None:
    """A path is possible."""
    assert account.outcome(account.iam.create_open_id_connect_provider, Url=url) == "InvalidInput"


def test_a_slash_at_the_end_belongs_to_the_provider(account: LocalAccount) -> None:
    """It does to the issuer in a token too."""
    name = host(account)
    arns = {
        account.iam.create_open_id_connect_provider(Url=f"https://{name}{end}")["OpenIDConnectProviderArn"]
        for end in ("", "/", "/realms/a")
    }
    assert arns == {f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}{end}" for end in ("", "/", "/realms/a")}


def test_a_url_is_registered_once(account: LocalAccount) -> None:
    """A second provider of the same URL is refused."""
    url = f"https://{host(account)}"
    account.iam.create_open_id_connect_provider(Url=url)
    assert account.outcome(account.iam.create_open_id_connect_provider, Url=url) == "EntityAlreadyExists"


def test_client_ids_thumbprints_and_tags_change(account: LocalAccount) -> None:
    """Adding one that exists, or removing one that doesn't, changes nothing."""
    iam, url = account.iam, f"https://{host(account)}"
    arn = {"OpenIDConnectProviderArn": iam.create_open_id_connect_provider(Url=url)["OpenIDConnectProviderArn"]}
    for client_id in ("a", "b", "a"):
        iam.add_client_id_to_open_id_connect_provider(**arn, ClientID=client_id)
    for client_id in ("b", "c"):
        iam.remove_client_id_from_open_id_connect_provider(**arn, ClientID=client_id)
    iam.update_open_id_connect_provider_thumbprint(**arn, ThumbprintList=["a" * 40])
    iam.tag_open_id_connect_provider(**arn, Tags=[{"Key": "x", "Value": "1"}, {"Key": "y", "Value": "2"}])
    iam.tag_open_id_connect_provider(**arn, Tags=[{"Key": "x", "Value": "3"}])
    iam.untag_open_id_connect_provider(**arn, TagKeys=["y"])
    found = iam.get_open_id_connect_provider(**arn)
    assert (found["ClientIDList"], found["ThumbprintList"]) == (["a"], ["a" * 40])
    assert iam.list_open_id_connect_provider_tags(**arn)["Tags"] == [{"Key": "x", "Value": "3"}]


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("get_open_id_connect_provider", {}),
        ("add_client_id_to_open_id_connect_provider", {"ClientID": "a"}),
        ("remove_client_id_from_open_id_connect_provider", {"ClientID": "a"}),
        ("update_open_id_connect_provider_thumbprint", {"ThumbprintList": ["a" * 40]}),
        ("tag_open_id_connect_provider", {"Tags": []}),
        ("list_open_id_connect_provider_tags", {}),
    ],
)
def test_a_missing_provider_is_named(account: LocalAccount, action: str, parameters: dict[str, Any]) -> None:
    """As NoSuchEntity."""
    call = getattr(account.iam, action)
    assert account.outcome(call, OpenIDConnectProviderArn=MISSING, **parameters) == "NoSuchEntity"


def test_a_provider_has_at_most_100_client_ids(account: LocalAccount) -> None:
    """Those that are given twice count once."""
    url, ids = f"https://{host(account)}", [f"client-{number}" for number in range(101)]
    create = account.iam.create_open_id_connect_provider
    assert account.outcome(create, Url=url, ClientIDList=ids) == "LimitExceeded"
    assert account.outcome(create, Url=url, ClientIDList=[*ids[:100], ids[0]]) == "allowed"


def test_only_who_may_call_iam_registers_a_provider(account: LocalAccount) -> None:
    """The call is authorized as every other."""
    _, nobody = account.user()
    iam = account.client(nobody, "iam")
    assert account.outcome(iam.create_open_id_connect_provider, Url=f"https://{host(account)}") == "AccessDenied"


def test_providers_paths_and_boundaries_survive_a_restart(tmp_path: Path) -> None:
    """They are in the saved state."""
    try:
        iam = start(tmp_path, port=0).deployer.client("iam")
        arn = iam.create_open_id_connect_provider(Url="https://idp.example.com", ClientIDList=["a"])
        statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
        iam.create_role(
            RoleName="kept",
            Path="/temp-access/",
            PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess",
            AssumeRolePolicyDocument=document(statement),
        )
        stop(tmp_path)
        iam = start(tmp_path, port=0).deployer.client("iam")
        found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn["OpenIDConnectProviderArn"])
        assert found["ClientIDList"] == ["a"]
        role = iam.get_role(RoleName="kept")["Role"]
        assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/temp-access/kept"
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("/ReadOnlyAccess")
    finally:
        stop(tmp_path)
