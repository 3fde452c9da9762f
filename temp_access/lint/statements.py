"""The statements of a policy document."""

from collections.abc import Iterator, Mapping

from temp_access.lint.model import ConditionEntry, LocatedDocument, StatementView, as_list, as_mapping


def statements(document: LocatedDocument) -> Iterator[StatementView]:
    """Yield every statement of a document, as far as it can be read."""
    version = document.body.get("Version")
    for index, body in enumerate(map(as_mapping, as_list(document.body.get("Statement")))):
        yield StatementView(
            kind=document.kind,
            version=None if version is None else str(version),
            allow=body.get("Effect") == "Allow",
            principals=_principals(body.get("NotPrincipal", body.get("Principal"))),
            not_principal="NotPrincipal" in body,
            actions=_texts(body.get("NotAction", body.get("Action"))),
            not_action="NotAction" in body,
            resources=_texts(body.get("NotResource", body.get("Resource"))),
            not_resource="NotResource" in body,
            conditions=tuple(_conditions(as_mapping(body.get("Condition")))),
            place=f"{document.place}.Statement.{index}",
            holders=document.holders,
        )


def _conditions(block: Mapping[str, object]) -> Iterator[ConditionEntry]:
    for operator, keys in block.items():
        for key, values in as_mapping(keys).items():
            yield ConditionEntry(operator, key.lower(), _texts(values))


def _principals(value: object) -> tuple[str, ...]:
    named = as_mapping(value)
    return _texts(named.get("AWS") if named else value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, as_list(value)))
