"""[audit], [bucket], [environments]."""

import os
from pathlib import Path
from typing import Literal

from temp_access.config.model import Bucket, Environment
from temp_access.config.table import TableReader, did_you_mean, key_path
from temp_access.config.validation import account_problem, bucket_name_problem, region_problem


def read_audit(table: TableReader, folder: Path) -> Path | None:
    """Return the audit log's path, None without one; it starts at `folder`, and `~` is the user's home."""
    table.allow_only("file")
    text = table.string("file")
    if text is None:
        return None
    if "\0" in text:
        table.add_finding("file", "has a NUL character in it; write the path of a file")
        return None
    return Path(os.path.abspath(folder / os.path.expanduser(text)))


def read_bucket(table: TableReader) -> Bucket:
    """Return the bucket that `[bucket]` describes."""
    table.allow_only("name", "versioning", "on_destroy")
    name = table.string("name")
    if name and (problem := bucket_name_problem(name)):
        table.add_finding("name", problem)
    on_destroy: Literal["retain", "destroy"] = "retain"
    if table.choice("on_destroy", ("retain", "destroy")) == "destroy":
        on_destroy = "destroy"
    return Bucket(name, table.boolean("versioning", True), on_destroy)


def read_environments(table: TableReader) -> dict[str, Environment]:
    """Return every environment by its name."""
    found: dict[str, Environment] = {}
    for name in table:
        entry = table.table(name)
        entry.allow_only("account", "region", "bucket", "termination_protection")
        checks = {"account": account_problem, "region": region_problem, "bucket": bucket_name_problem}
        values = {key: entry.string(key) for key in checks}
        for key, check in checks.items():
            value = values[key]
            if value is not None and (problem := check(value)):
                entry.add_finding(key, problem)
        for key in ("account", "region"):
            if key not in entry:
                entry.add_finding(key, "is missing; an environment says which account and Region it is")
        twin = next(
            (other for other in found.values() if values["account"] and other.account == values["account"]),
            None,
        )
        if twin:
            theirs = key_path("environments", str(twin.name))
            entry.add_finding(
                "account",
                f"{values['account']} is also {theirs}'s; the user's and role's names are one to an account, so "
                "use another account",
            )
        protection = entry.boolean("termination_protection", False)
        found[name] = Environment(name, values["account"], values["region"], values["bucket"], protection)
    return found


def choose(environments: dict[str, Environment], name: str | None, findings: list[str]) -> Environment:
    """Return the environment called `name`, the caller's own for None."""
    if name is None:
        return Environment()
    if name in environments:
        return environments[name]
    known = ", ".join(map(key_path, environments)) or "none"
    findings.append(f"environments: there is no {name!r}{did_you_mean(name, environments)}; known: {known}")
    return Environment()
