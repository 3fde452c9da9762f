"""Write an access.toml for a test, and load it."""

from pathlib import Path

from temp_access.access_file import load
from temp_access.config.model import Config
from temp_access.errors import ConfigError

ROOT = Path(__file__).parents[3]
BOB = '[grants.bob]\naccess = "read"\n'


def config_of(folder: Path, content: str, environment: str | None = None) -> Config:
    """Return the configuration of an access.toml with `content`; its policy files are in `folder`."""
    path = folder / "access.toml"
    path.write_text(content, encoding="utf-8")
    return load(path, environment)


def findings_of(folder: Path, content: str, environment: str | None = None) -> list[str]:
    """Return all findings on an access.toml with `content`."""
    try:
        config_of(folder, content, environment)
    except ConfigError as error:
        return list(error.findings)
    return []
