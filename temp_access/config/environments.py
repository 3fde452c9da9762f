"""Reading `[environments.<name>]`: where the stacks go."""

from temp_access.config.model import Environment
from temp_access.config.names import account_problem, bucket_name_problem, region_problem
from temp_access.config.table import TableReader, did_you_mean, key_path


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
