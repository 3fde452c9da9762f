"""Ids and folders with characters that have a meaning in patterns, URLs or shells."""

import pytest

from tests.integration.deploy.project import Project

pytestmark = pytest.mark.integration
_IDS = (
    "a*b?$c",
    "${aws:username}",
    'it\'s "bob"',
    "two  spaces",
    "é+ü",
    "100%25",
    "a&b=c;d#e",
    "\\",
    "~.-_",
    "b@x.org",
)


def _toml() -> str:
    quoted = ('"' + id_.replace("\\", "\\\\").replace('"', '\\"') + '"' for id_ in _IDS)
    modes = ("read-write", "read", "full", "write", "list")
    grants = [f'[grants.{id_}]\naccess = "{modes[n % len(modes)]}"\n' for n, id_ in enumerate(quoted)]
    return "\n".join(
        [
            '[bucket]\non_destroy = "destroy"\n',
            *grants,
            '[grants.deep]\naccess = "read-write"\nfolder = "a/b c/d+é/deep"\n',
            # A folder inside another grant's.
            '[grants.inner]\naccess = "read"\nfolder = "a/b c/d+é/deep/inner"\nshared = true\n',
            '[any_id]\npattern = "tenant-[0-9]{1,6}"\naccess = "read-write"\nfolder = "tenants/{id}"\n',
        ]
    )


def test_hostile_ids_shared_folders_and_unlisted_ids_pass(deployed: Project) -> None:
    """Each grant reaches its own folder and no other, and so do two generated ids of [any_id]."""
    deployed.update(_toml())
    ended = deployed.verify()
    assert ended.code == 0, ended.output
    by_grant: dict[str, int] = {}
    for probe in deployed.report()["probes"]:
        if probe["caller"]["grant"]:
            by_grant[probe["caller"]["grant"]] = by_grant.get(probe["caller"]["grant"], 0) + 1
    generated = by_grant.keys() - {*_IDS, "deep", "inner"}
    assert (len(generated), all(id_.startswith("tenant-") for id_ in generated)) == (2, True)
    assert {*_IDS, "deep", "inner"} <= by_grant.keys()
    assert min(by_grant.values()) >= 40
    # This probe tries a folder that the id's wildcards would match if they weren't escaped.
    assert deployed.probe('grants."a*b?$c"/look-alike/get')["verdict"] == "passed"
    deployed.assert_clean()


def test_an_unlisted_id_is_verified_if_the_pattern_admits_it(deployed: Project) -> None:
    """--grant accepts an id that [any_id] admits, and refuses any other with the nearest id."""
    ended = deployed.verify("--grant", "tenant-4711")
    assert ended.code == 0, ended.output
    assert deployed.probe("grants.tenant-4711/inside/put")["call"]["key"].startswith("tenants/tenant-4711/")
    ended = deployed.verify("--grant", "deap")
    assert ended.code == 2, ended.output
    assert "no grant has the id 'deap'" in ended.err
    assert "deep" in ended.err
