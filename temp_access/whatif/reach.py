"""How one principal gets to a call: as `temp-access can` decides it, and on which further conditions."""

from collections.abc import Mapping, Set

from temp_access.config.model import Config
from temp_access.deployment.effective_policies import EXTREMES, UnknownAs
from temp_access.iam.decision import Decision, DecisionType
from temp_access.iam.request import ContextValue, UnknownValue
from temp_access.whatif.answer import decide, policy_set, used_keys
from temp_access.whatif.circumstances import conditions_in_words, is_circumstance, is_feasible
from temp_access.whatif.model import LocatedStatement, PolicySource, Principal, Question, WhatIfAnswer
from temp_access.whatif.places import Places
from temp_access.whatif.who_model import Reach, WhoStatement

# It is a part of the question.
_ASKED = frozenset(["s3:prefix"])


class QuestionForAll:
    """Answers one question for one principal after the other."""

    def __init__(
        self,
        question: Question,
        context: Mapping[str, ContextValue],
        source: PolicySource,
        config: Config,
        places: Places,
    ) -> None:
        self._question = question
        self._context = context
        self._source = source
        self._config = config
        self._places = places
        self.assumed: dict[str, str] = {}

    def reach(self, principal: Principal) -> Reach | None:
        """Return how the principal can make the call, None if it can't.

        A call that is denied in typical circumstances may be allowed in others: then these are conditions.
        """
        answer = self._decide(principal, self._context)
        if answer.verdict != "denied":
            self._note_assumed(answer)
            return Reach(self._allowing(answer), depends_on=_open(answer))
        if answer.decision and answer.decision.rule:
            return None
        given = {key.lower() for key in (*self._context, *principal.context)}
        policies = policy_set(principal, answer.request, self._source, UnknownAs.ALLOW_NOTHING)
        keys = {key for key in used_keys(policies) if is_circumstance(key) and key not in given}
        open_answer = self._open(principal, keys) if keys else None
        if open_answer is None:
            return None
        for key in sorted(keys):
            # What can stay as it is in a typical call is no condition.
            if fewer := self._open(principal, keys - {key}):
                keys, open_answer = keys - {key}, fewer
        answer = open_answer
        decision = answer.decision or Decision(DecisionType.UNDECIDED, answer.layers[0].layer)
        words = tuple(conditions_in_words(policies, answer.request, decision, keys))
        depends_on = tuple(name for name in _open(answer) if name.lower() not in keys)
        return Reach(self._allowing(answer), words, depends_on)

    def _open(self, principal: Principal, keys: Set[str]) -> WhatIfAnswer | None:
        """Return the answer if the caller chooses the values of `keys`, None if no values let it do it."""
        answer = self._decide(principal, {**dict.fromkeys(keys, UnknownValue.POSSIBLE), **self._context})
        if answer.verdict == "denied":
            return None
        sets = [policy_set(principal, answer.request, self._source, each) for each in EXTREMES]
        return answer if is_feasible(sets, answer.request, keys) else None

    def _decide(self, principal: Principal, context: Mapping[str, ContextValue]) -> WhatIfAnswer:
        return decide(principal, self._question, context, self._source, self._config)

    def _allowing(self, answer: WhatIfAnswer) -> tuple[WhoStatement, ...]:
        found: list[LocatedStatement] = []
        for layer in answer.layers:
            found += layer.allows
            found += [statement for statement, _ in layer.undecided if statement.reason.effect == "Allow"]
        return tuple(self._places.allowing(answer.principal, each) for each in found)

    def _note_assumed(self, answer: WhatIfAnswer) -> None:
        for key, value in answer.request.context.items():
            if key.lower() in (answer.assumed & answer.relevant_keys) - _ASKED and isinstance(value, str):
                self.assumed[key] = value


def _open(answer: WhatIfAnswer) -> tuple[str, ...]:
    """Return what an undecided answer depends on."""
    if answer.verdict != "undecided":
        return ()
    unknown = answer.unknown if answer.depends_on_unknown else ()
    return tuple(dict.fromkeys((*answer.depends_on, *unknown, *answer.unread)))
