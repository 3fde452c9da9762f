"""The errors that a user can fix, each with the exit code of the command that raises it."""


class TempAccessError(Exception):
    """An error with a message for the user; `exit_code` is 1 (the check failed), 2 (bad input) or 3 (inconclusive)."""

    exit_code: int = 2

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class UserError(TempAccessError):
    """Bad input or usage, or a missing prerequisite that the user can provide."""


class ConfigError(UserError):
    """All findings about one access.toml, one on each line."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(findings))
