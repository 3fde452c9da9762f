"""Reading and replacing ~/.aws/config without changing a byte that isn't ours."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from temp_access.errors import UserError


def config_file(environ: Mapping[str, str]) -> Path:
    """Return the AWS configuration file: AWS_CONFIG_FILE, else ~/.aws/config."""
    return Path(os.path.expanduser(environ.get("AWS_CONFIG_FILE") or "~/.aws/config")).absolute()


def credentials_file(environ: Mapping[str, str]) -> Path:
    """Return the AWS credentials file: AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials."""
    return Path(os.path.expanduser(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")).absolute()


def read_text(path: Path) -> str | None:
    """Return the file's text, whatever bytes are in it, None if there is no file; raises UserError."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}); point AWS_CONFIG_FILE to another") from error


def replace_text(path: Path, text: str | None) -> None:
    """Replace the file in one step (None: remove it), keeping its mode and a link to it; raises UserError."""
    target = Path(os.path.realpath(path))
    try:
        if text is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o7777 if target.exists() else 0o600
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("utf-8", "surrogateescape"))
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), mode)
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise UserError(
            f"{path} can't be written ({error.strerror}); make it writable, or point AWS_CONFIG_FILE to another"
        ) from error
