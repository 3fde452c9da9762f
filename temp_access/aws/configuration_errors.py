"""What is wrong with the caller's AWS configuration when botocore can't load credentials, and what to do."""

import os
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import FrameType

from temp_access.error_guide.guide import find_explanation
from temp_access.error_guide.parse import parse
from temp_access.error_guide.service_error import ServiceError, client_error

_FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE")
_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
_KEY, _SECRET, _TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
_DEFAULT_REMEDY = "log in again"


@dataclass(frozen=True, slots=True)
class ConfigurationProblem:
    """What is wrong, on one line, and what to do."""

    what: str
    remedy: str


def problem_of(error: BaseException, profile: str | None = None) -> ConfigurationProblem:
    """Return the problem behind any exception that loading the credentials of `profile` raised.

    A credential_process can make botocore raise anything; the frames of the traceback tell that it did.
    """
    failure = _failure(error)
    explanation = find_explanation(failure)
    fix = explanation.causes[0].fix if explanation else _DEFAULT_REMEDY
    if profile:
        fix = fix.replace("--profile NAME", f"--profile {profile}")
    # A service's error says which call was refused, besides the message.
    what = (" ".join(str(error).split()) if failure.call else failure.message) or type(error).__name__
    files = [problem for path, problem in _missing_files(os.environ) if path not in what]
    return _combined([ConfigurationProblem(what, ""), *files, ConfigurationProblem("", fix)])


def missing_credentials() -> ConfigurationProblem | None:
    """Return why the environment has no usable credentials although it seems to; None if nothing is odd."""
    problems = [*(problem for _, problem in _missing_files(os.environ)), *_incomplete_keys(os.environ)]
    return _combined(problems) if problems else None


def missing_region() -> ConfigurationProblem:
    """Return why no Region is set."""
    empty = [name for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if os.environ.get(name) == ""]
    names = " and ".join(empty)
    problems = [ConfigurationProblem(f"{names} {'is' if len(empty) == 1 else 'are'} empty", f"unset {' '.join(empty)}")]
    return _combined(
        [
            ConfigurationProblem("no Region is set", ""),
            *(problems if empty else ()),
            *(problem for _, problem in _missing_files(os.environ)),
            ConfigurationProblem("", "pass --region, or set AWS_REGION"),
        ]
    )


def missing_bundle() -> ConfigurationProblem | None:
    """Return which file with certificates is missing; None if none is."""
    problems = [problem for path, problem in _missing_files(os.environ) if path in map(os.environ.get, _BUNDLES)]
    return _combined(problems) if problems else None


def is_about_configuration(error: BaseException) -> bool:
    """Whether botocore's error is about the configuration or the credentials, so that no call was sent."""
    from botocore import exceptions as e

    return isinstance(
        error,
        (
            e.CredentialRetrievalError, e.NoCredentialsError, e.PartialCredentialsError, e.ProfileNotFound,
            e.ConfigNotFound, e.ConfigParseError, e.InvalidConfigError, e.InfiniteLoopConfigError, e.SSOError,
            e.TokenRetrievalError, e.RefreshWithMFAUnsupportedError, e.UnknownCredentialError, e.NoRegionError,
            e.InvalidRegionError,
        ),
    )  # fmt: skip


def _missing_files(environ: Mapping[str, str]) -> Iterator[tuple[str, ConfigurationProblem]]:
    """Yield each path that a variable names and that isn't there, with the problem. botocore ignores most of them."""
    for name in (*_FILES, *_BUNDLES):
        path = environ.get(name)
        # Certificates may be in a folder.
        expanded = os.path.expanduser(path or "")
        # /dev/null is a file as well, and means none.
        if path and (not os.path.exists(expanded) or (name in _FILES and os.path.isdir(expanded))):
            yield path, ConfigurationProblem(f"{name} is {path}, and there is no such file", f"correct or unset {name}")


def _incomplete_keys(environ: Mapping[str, str]) -> Iterator[ConfigurationProblem]:
    key, secret, token = (environ.get(name) for name in (_KEY, _SECRET, _TOKEN))
    if bool(key) != bool(secret):
        present, missing = (_KEY, _SECRET) if key else (_SECRET, _KEY)
        state = "empty" if missing in environ else "not set"
        yield ConfigurationProblem(
            f"{present} is set, and {missing} is {state}", f"set {_KEY} and {_SECRET} together, or unset both"
        )
    elif token and not key:
        yield ConfigurationProblem(
            f"{_TOKEN} is set without {_KEY} and {_SECRET}", "set all three from one response, or unset it"
        )


def _combined(problems: list[ConfigurationProblem]) -> ConfigurationProblem:
    """Return the problems as one: what is wrong, and each remedy once."""
    remedies = dict.fromkeys(problem.remedy for problem in problems if problem.remedy)
    return ConfigurationProblem("; ".join(filter(None, (problem.what for problem in problems))), "; ".join(remedies))


def _failure(error: BaseException) -> ServiceError:
    """Return the error as the guide knows it: a service's, or botocore's with its class as the code."""
    message = " ".join(str(error).split())
    if hasattr(error, "response"):
        return client_error(error)  # type: ignore[arg-type]
    for frame in _frames(error):
        provider = frame.f_code.co_qualname
        profile = frame.f_locals.get("self")
        if provider.startswith("ProcessProvider."):
            name = getattr(profile, "_profile_name", None) or "default"
            return ServiceError("CredentialRetrievalError", _process_failure(error, message, name))
        if provider.startswith(("AssumeRoleWithWebIdentity", "FileWebIdentityTokenLoader")) and isinstance(
            error, OSError
        ):
            reason = f"{error.strerror}: {error.filename}"
            return ServiceError("CredentialRetrievalError", f"the web identity token can't be read: {reason}")
    guessed = parse(message)
    name = type(error).__name__
    if name == "ConfigParseError":
        # The line is in the error that botocore wraps.
        reason = " ".join(str(getattr(error, "kwargs", {}).get("error", "")).split())
        message = f"{message} ({reason})"
    return ServiceError(name if find_explanation(ServiceError(name)) else guessed.code, message)


def _process_failure(error: BaseException, message: str, profile: str) -> str:
    """Return what is wrong with the credential_process of `profile`."""
    from botocore.exceptions import CredentialRetrievalError

    process = f"the credential_process of the profile {profile}"
    if isinstance(error, CredentialRetrievalError):
        reason = message.partition("custom-process:")[2].strip()
        return f"{process}: {message}" if reason else f"{process}: {message} it failed without a message"
    if isinstance(error, OSError):
        return f"{process} can't be run: {error.strerror}: {error.filename}"
    if isinstance(error, UnicodeDecodeError):
        return f"{process} printed no JSON: the output isn't UTF-8"
    if type(error).__name__ == "JSONDecodeError":
        return f"{process} printed no JSON ({message})"
    if isinstance(error, (AttributeError, TypeError)):
        return f"{process} printed other JSON than an object with Version, AccessKeyId and SecretAccessKey"
    return f"{process} can't be run: {message}"


def _frames(error: BaseException) -> list[FrameType]:
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
