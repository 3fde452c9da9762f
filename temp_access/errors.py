"""The errors that a user can cause, each with the exit code that our commands end with."""


class TempAccessError(Exception):
    """An error with a sentence for the user; `exit_code` is 1 the check failed, 2 bad input, 3 inconclusive."""

    exit_code: int = 2

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class UserError(TempAccessError):
    """Bad input or usage, or something missing that the user can put right."""


class ConfigError(UserError):
    """Everything that is wrong with one access.toml, a finding a line."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(findings))
