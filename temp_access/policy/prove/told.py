"""A witness as a person reads it."""

from temp_access.policy.prove.asked import KNOWN, PREFIX
from temp_access.policy.prove.claim import Witness
from temp_access.policy.prove.encoder import Encoder
from temp_access.policy.prove.problem import Query
from temp_access.policy.prove.replay import ReplayResult
from temp_access.policy.prove.solver import Model

_SPELLED = {action.lower(): action for action in KNOWN}


def describe_witness(problem: Query, encoder: Encoder, answer: Model, replayed: ReplayResult) -> Witness:
    """Return the witness, without its words."""
    texts = {**problem.asked.names, **problem.names}
    names = {name: answer.text(text) for name, text in texts.items()}
    request, context = replayed.request, {key: value for key, value in replayed.context.items() if value != ()}
    prefix = context.pop(PREFIX, None)
    return Witness(
        words="",
        principal=request.principal,
        action=canonical_action(request.action),
        resource=request.resource,
        folder=answer.text(encoder.folder) if problem.folder is not None else None,
        other=names.get("other"),
        key=names.get("key"),
        prefix=prefix if isinstance(prefix, str) else None,
        context=context,
        why=str(replayed.decision),
    )


def canonical_action(action: str) -> str:
    """Return an action as AWS spells it, where that is known."""
    return _SPELLED.get(action, action)
