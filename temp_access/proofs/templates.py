"""The resources of templates that could grant access and that the proofs don't read."""

import json
from collections.abc import Iterator

from temp_access.cfn.assembly import Assembly
from temp_access.config.model import Config
from temp_access.deployment.target import template_target
from temp_access.deployment.unread import unread
from temp_access.iam.symbolic.patterns import FOLDER_MARK


def unmodeled_resources(config: Config, assembly: Assembly) -> Iterator[str]:
    """Yield a description of each resource, property or template that could grant access and isn't modeled."""
    for stack, template in assembly.templates.items():
        if FOLDER_MARK in json.dumps(template, ensure_ascii=False):
            yield f"{stack}, which contains the placeholder {FOLDER_MARK} of the proofs"
    # Who has credentials changes nothing of what they allow.
    found = unread(assembly, *template_target(config, assembly))
    yield from (each.description for each in found if not each.is_credentials)
