"""Where something is written, as precisely as is known; nothing of it is a guess."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A key of access.toml (`key`), else a resource of a template, with the line of its construct's id if known.

    `file` is relative to the folder of access.toml, `id_` the construct id that stands in `line`, and `before`
    says that it is there before the change only. Without any of them `words` says what there is to say.
    """

    file: str | None = None
    line: int | None = None
    key: str | None = None
    construct: str | None = None
    id_: str | None = None
    template: str | None = None
    logical_id: str | None = None
    words: str = ""
    before: bool = False

    def __str__(self) -> str:
        return self._where() + (", before the change" if self.before else "")

    def _where(self) -> str:
        if self.key is not None:
            return f"{self.file}, line {self.line} ({self.key})"
        if self.construct is not None:
            written = f' ("{self.id_}" in {self.file}, line {self.line})' if self.file else ""
            return f"construct {self.construct}{written}"
        return f"template {self.template}, {self.logical_id}" if self.template else self.words
