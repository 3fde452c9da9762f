"""Reading `[audit]`, `[bucket]` and `[environments]`."""

import os
from pathlib import Path
from typing import Literal

from temp_access.config.model import Bucket, Environment
from temp_access.config.table import TableReader, did_you_mean, key_path
from temp_access.config.validation import account_problem, bucket_name_problem, region_problem


def read_audit(table: TableReader, folder: Path) -> Path | None:
    """Return the absolute path of the audit log, None without one; it is relative to `folder` or begins with `~`."""
    table.allow_only("file")
    file = table.string("file")
    if file is None:
        return None
    if "\0" in file:
        table.add_finding("file", "contains a NUL character; write the path of a file")
        return None
    return Path(os.path.abspath(folder / os.path.expanduser(file)))


def read_bucket(table: TableReader) -> Bucket:
    """Return the bucket of `[bucket]`."""
    table.allow_only("name", "versioning", "on_destroy")
    name = table.string("name")
    if name and (problem := bucket_name_problem(name)):
        table.add_finding("name", problem)
    on_destroy: Literal["retain", "destroy"] = "retain"
    if table.choice("on_destroy", ("retain", "destroy")) == "destroy":
        on_destroy = "destroy"
    return Bucket(name, table.boolean("versioning", True), on_destroy)


def read_environments(table: TableReader) -> dict[str, Environment]:
    """Return the environments by name."""
    environments: dict[str, Environment] = {}
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
                entry.add_finding(key, "is missing; an environment needs an account and a Region")
        twin = next(
            (other for other in environments.values() if values["account"] and other.account == values["account"]),
            None,
        )
        if twin:
            twin_path = key_path("environments", str(twin.name))
            entry.add_finding(
                "account",
                f"{values['account']} is also the account of {twin_path}, and an account can have only one user and "
                "one role of these names; use another account",
            )
        protection = entry.boolean("termination_protection", False)
        environments[name] = Environment(name, values["account"], values["region"], values["bucket"], protection)
    return environments


def choose_environment(environments: dict[str, Environment], name: str | None, findings: list[str]) -> Environment:
    """Return the environment `name`; None is the one that the caller's credentials lead to."""
    if name is None:
        return Environment()
    if name in environments:
        return environments[name]
    remedy = f"use one of {', '.join(map(key_path, environments))}" if environments else "add [environments.<name>]"
    findings.append(f"environments: there is no environment {name!r}{did_you_mean(name, environments)}; {remedy}")
    return Environment()
