"""The solver, cvc5: the one file that knows it, and the types that the rest is written with.

https://cvc5.github.io/docs/latest/api/python/base/python.html
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NewType

from temp_access.errors import require_extra
from temp_access.policy.prove.unmodelled import UnmodelledError

Text = NewType("Text", object)
Formula = NewType("Formula", object)
Number = NewType("Number", object)
Language = NewType("Language", object)

# What a string of the solver can hold: https://smt-lib.org/theories-UnicodeStrings.shtml
LAST_CHARACTER = "\U0002ffff"


class Verdict(Enum):
    """Whether there is an assignment that fulfils all formulas."""

    SOME = "sat"
    NONE = "unsat"
    UNDECIDED = "unknown"


@dataclass(frozen=True)
class Answer:
    """A verdict; `text` and `flag` give the values of the assignment, where there is one."""

    verdict: Verdict
    why: str
    text: Callable[[Text], str]
    flag: Callable[[Formula], bool]


class Logic:
    """Builds texts, formulas about them and languages (sets of texts), and asks the solver."""

    def __init__(self) -> None:
        require_extra("prove")
        import cvc5

        self._cvc5: Any = cvc5
        self._kind: Any = cvc5.Kind
        self._tm: Any = cvc5.TermManager()
        self.true = Formula(self._tm.mkTrue())
        self.false = Formula(self._tm.mkFalse())
        self.anything = Language(self._tm.mkRegexpAll())
        self.any_character = Language(self._tm.mkRegexpAllchar())

    def text(self, value: str) -> Text:
        """Return `value` as a constant; raises UnmodelledError for one that a string of the solver can't hold."""
        if value and max(value) > LAST_CHARACTER:
            raise UnmodelledError(f"{value!r} has a character that isn't modelled")
        escaped = "".join(c if " " <= c <= "~" and c != "\\" else f"\\u{{{ord(c):x}}}" for c in value)
        return Text(self._tm.mkString(escaped, True))

    def variable(self, name: str) -> Text:
        """Return a new text that can be anything."""
        return Text(self._tm.mkConst(self._tm.getStringSort(), name))

    def flag(self, name: str) -> Formula:
        """Return a new formula that can be true or false."""
        return Formula(self._tm.mkConst(self._tm.getBooleanSort(), name))

    def joined(self, parts: Sequence[Text]) -> Text:
        """Return the texts, one after the other."""
        return Text(self._many(self._kind.STRING_CONCAT, parts, self.text("")))

    def equal(self, left: Text, right: Text) -> Formula:
        """Whether two texts are the same."""
        return Formula(self._term(self._kind.EQUAL, left, right))

    def begins(self, value: Text, beginning: Text) -> Formula:
        """Whether `value` begins with `beginning`."""
        return Formula(self._term(self._kind.STRING_PREFIX, beginning, value))

    def ends(self, value: Text, ending: Text) -> Formula:
        """Whether `value` ends with `ending`."""
        return Formula(self._term(self._kind.STRING_SUFFIX, ending, value))

    def length(self, value: Text) -> Number:
        """Return how many characters `value` has."""
        return Number(self._term(self._kind.STRING_LENGTH, value))

    def number(self, value: int) -> Number:
        """Return `value` as a constant."""
        return Number(self._tm.mkInteger(value))

    def plus(self, *numbers: Number) -> Number:
        """Return the sum."""
        return Number(self._many(self._kind.ADD, numbers, self.number(0)))

    def at_least(self, left: Number, right: Number) -> Formula:
        """Whether `left` is `right` or more."""
        return Formula(self._term(self._kind.GEQ, left, right))

    def find(self, value: Text, part: Text, start: Number) -> Number:
        """Return where `part` is first found in `value` from `start` on, -1 if nowhere."""
        return Number(self._term(self._kind.STRING_INDEXOF, value, part, start))

    def choose(self, condition: Formula, then: Text, otherwise: Text) -> Text:
        """Return one of two texts."""
        return Text(self._term(self._kind.ITE, condition, then, otherwise))

    def no(self, formula: Formula) -> Formula:
        """Return the opposite."""
        return Formula(self._term(self._kind.NOT, formula))

    def all(self, formulas: Iterable[Formula]) -> Formula:
        """Whether all hold; of none, true."""
        return Formula(self._many(self._kind.AND, tuple(formulas), self.true))

    def any(self, formulas: Iterable[Formula]) -> Formula:
        """Whether one holds; of none, false."""
        return Formula(self._many(self._kind.OR, tuple(formulas), self.false))

    def within(self, value: Text, language: Language) -> Formula:
        """Whether the whole of `value` is of the language."""
        return Formula(self._term(self._kind.STRING_IN_REGEXP, value, language))

    def exactly(self, value: str) -> Language:
        """Return the language of one text."""
        return Language(self._term(self._kind.STRING_TO_REGEXP, self.text(value)))

    def characters(self, low: str, high: str) -> Language:
        """Return the characters from `low` to `high`."""
        return Language(self._term(self._kind.REGEXP_RANGE, self.text(low), self.text(high)))

    def sequence(self, parts: Iterable[Language]) -> Language:
        """Return the languages one after the other."""
        return Language(self._many(self._kind.REGEXP_CONCAT, tuple(parts), self.exactly("")))

    def either(self, options: Iterable[Language]) -> Language:
        """Return the union."""
        return Language(self._many(self._kind.REGEXP_UNION, tuple(options), self._tm.mkRegexpNone()))

    def repeated(self, part: Language, least: int = 0, most: int | None = None) -> Language:
        """Return `least` to `most` of `part`, one after the other; without `most`, any number."""
        if most is not None:
            return Language(self._tm.mkTerm(self._tm.mkOp(self._kind.REGEXP_LOOP, least, most), part))
        star = Language(self._term(self._kind.REGEXP_STAR, part))
        return self.sequence([*[part] * least, star])

    def solve(self, formulas: Iterable[Formula], seconds: float) -> Answer:
        """Look for an assignment for at most `seconds`."""
        if seconds <= 0:
            return Answer(Verdict.UNDECIDED, "timed out", lambda text: "", lambda flag: False)
        solver = self._cvc5.Solver(self._tm)
        solver.setLogic("ALL")
        # A limit of 0 would be none at all.
        for option, value in (("strings-exp", "true"), ("tlimit-per", str(max(1, int(seconds * 1000))))):
            solver.setOption(option, value)
        solver.setOption("produce-models", "true")
        for formula in formulas:
            solver.assertFormula(formula)
        result = solver.checkSat()
        verdict = Verdict.SOME if result.isSat() else Verdict.NONE if result.isUnsat() else Verdict.UNDECIDED
        why = ""
        if verdict is Verdict.UNDECIDED:
            reason = str(result.getUnknownExplanation()).rpartition(".")[2].lower().replace("_", " ")
            why = "timed out" if reason == "timeout" else f"the solver gave up: {reason}"
        return Answer(
            verdict,
            why,
            lambda text: str(solver.getValue(text).toPythonObj()),
            lambda flag: bool(solver.getValue(flag).toPythonObj()),
        )

    def _term(self, kind: Any, *arguments: object) -> Any:
        return self._tm.mkTerm(kind, *arguments)

    def _many(self, kind: Any, arguments: Sequence[object], none: object) -> Any:
        if len(arguments) < 2:
            return arguments[0] if arguments else none
        return self._tm.mkTerm(kind, *arguments)
