"""Cvc5 behind a small interface; SAT, UNSAT, UNKNOWN."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NewType

from temp_access.errors import require_extra


class NotEncodableError(Exception):
    """Something in a policy has no formula here; a claim about it is unknown."""


StringTerm = NewType("StringTerm", object)
Formula = NewType("Formula", object)
Number = NewType("Number", object)
RegularLanguage = NewType("RegularLanguage", object)
# What a string of the solver can hold: https://smt-lib.org/theories-UnicodeStrings.shtml
LAST_CHARACTER = "\U0002ffff"


class SatResult(Enum):
    """Whether there is an assignment that fulfils all formulas."""

    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Model:
    """A verdict; `text` and `flag` give the values of the assignment, where there is one."""

    result: SatResult
    why: str
    text: Callable[[StringTerm], str]
    flag: Callable[[Formula], bool]


class Solver:
    """Builds texts, formulas about them and languages (sets of texts), and asks the solver."""

    def __init__(self) -> None:
        require_extra("prove")
        import cvc5

        self._cvc5: Any = cvc5
        self._kind: Any = cvc5.Kind
        self._tm: Any = cvc5.TermManager()
        self.true = Formula(self._tm.mkTrue())
        self.false = Formula(self._tm.mkFalse())
        self.anything = RegularLanguage(self._tm.mkRegexpAll())
        self.any_character = RegularLanguage(self._tm.mkRegexpAllchar())

    def text(self, value: str) -> StringTerm:
        """Return `value` as a constant; raises UnmodelledError for one that a string of the solver can't hold."""
        if value and max(value) > LAST_CHARACTER:
            raise NotEncodableError(f"{value!r} has a character that isn't modelled")
        escaped = "".join(c if " " <= c <= "~" and c != "\\" else f"\\u{{{ord(c):x}}}" for c in value)
        return StringTerm(self._tm.mkString(escaped, True))

    def variable(self, name: str) -> StringTerm:
        """Return a new text that can be anything."""
        return StringTerm(self._tm.mkConst(self._tm.getStringSort(), name))

    def flag(self, name: str) -> Formula:
        """Return a new formula that can be true or false."""
        return Formula(self._tm.mkConst(self._tm.getBooleanSort(), name))

    def concat(self, parts: Sequence[StringTerm]) -> StringTerm:
        """Return the texts, one after the other."""
        return StringTerm(self._many(self._kind.STRING_CONCAT, parts, self.text("")))

    def equal(self, left: StringTerm, right: StringTerm) -> Formula:
        """Whether two texts are the same."""
        return Formula(self._term(self._kind.EQUAL, left, right))

    def prefix_of(self, value: StringTerm, beginning: StringTerm) -> Formula:
        """Whether `value` begins with `beginning`."""
        return Formula(self._term(self._kind.STRING_PREFIX, beginning, value))

    def suffix_of(self, value: StringTerm, ending: StringTerm) -> Formula:
        """Whether `value` ends with `ending`."""
        return Formula(self._term(self._kind.STRING_SUFFIX, ending, value))

    def length(self, value: StringTerm) -> Number:
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

    def find(self, value: StringTerm, part: StringTerm, start: Number) -> Number:
        """Return where `part` is first found in `value` from `start` on, -1 if nowhere."""
        return Number(self._term(self._kind.STRING_INDEXOF, value, part, start))

    def choose(self, condition: Formula, then: StringTerm, otherwise: StringTerm) -> StringTerm:
        """Return one of two texts."""
        return StringTerm(self._term(self._kind.ITE, condition, then, otherwise))

    def not_(self, formula: Formula) -> Formula:
        """Return the opposite."""
        return Formula(self._term(self._kind.NOT, formula))

    def and_(self, formulas: Iterable[Formula]) -> Formula:
        """Whether all hold; of none, true."""
        return Formula(self._many(self._kind.AND, tuple(formulas), self.true))

    def or_(self, formulas: Iterable[Formula]) -> Formula:
        """Whether one holds; of none, false."""
        return Formula(self._many(self._kind.OR, tuple(formulas), self.false))

    def in_language(self, value: StringTerm, language: RegularLanguage) -> Formula:
        """Whether the whole of `value` is of the language."""
        return Formula(self._term(self._kind.STRING_IN_REGEXP, value, language))

    def exactly(self, value: str) -> RegularLanguage:
        """Return the language of one text."""
        return RegularLanguage(self._term(self._kind.STRING_TO_REGEXP, self.text(value)))

    def characters(self, low: str, high: str) -> RegularLanguage:
        """Return the characters from `low` to `high`."""
        return RegularLanguage(self._term(self._kind.REGEXP_RANGE, self.text(low), self.text(high)))

    def sequence(self, parts: Iterable[RegularLanguage]) -> RegularLanguage:
        """Return the languages one after the other."""
        return RegularLanguage(self._many(self._kind.REGEXP_CONCAT, tuple(parts), self.exactly("")))

    def either(self, options: Iterable[RegularLanguage]) -> RegularLanguage:
        """Return the union."""
        return RegularLanguage(self._many(self._kind.REGEXP_UNION, tuple(options), self._tm.mkRegexpNone()))

    def repeated(self, part: RegularLanguage, least: int = 0, most: int | None = None) -> RegularLanguage:
        """Return `least` to `most` of `part`, one after the other; without `most`, any number."""
        if most is not None:
            return RegularLanguage(self._tm.mkTerm(self._tm.mkOp(self._kind.REGEXP_LOOP, least, most), part))
        star = RegularLanguage(self._term(self._kind.REGEXP_STAR, part))
        return self.sequence([*[part] * least, star])

    def solve(self, formulas: Iterable[Formula], seconds: float) -> Model:
        """Look for an assignment for at most `seconds`."""
        if seconds <= 0:
            return Model(SatResult.UNKNOWN, "timed out", lambda text: "", lambda flag: False)
        solver = self._cvc5.Solver(self._tm)
        solver.setLogic("ALL")
        # A limit of 0 would be none at all.
        for option, value in (("strings-exp", "true"), ("tlimit-per", str(max(1, int(seconds * 1000))))):
            solver.setOption(option, value)
        solver.setOption("produce-models", "true")
        for formula in formulas:
            solver.assertFormula(formula)
        result = solver.checkSat()
        verdict = SatResult.SAT if result.isSat() else SatResult.UNSAT if result.isUnsat() else SatResult.UNKNOWN
        why = ""
        if verdict is SatResult.UNKNOWN:
            reason = str(result.getUnknownExplanation()).rpartition(".")[2].lower().replace("_", " ")
            why = "timed out" if reason == "timeout" else f"the solver gave up: {reason}"
        return Model(
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
