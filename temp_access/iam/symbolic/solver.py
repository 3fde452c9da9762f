"""The SMT solver cvc5, behind a small interface of strings, formulas and regular languages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any, NewType

from temp_access.errors import require_extra


class NotEncodableError(Exception):
    """Part of a policy can't be encoded as a formula; a claim about it is unknown."""


StringTerm = NewType("StringTerm", object)
Formula = NewType("Formula", object)
IntegerTerm = NewType("IntegerTerm", object)
NumberTerm = NewType("NumberTerm", object)
RegularLanguage = NewType("RegularLanguage", object)
# What a string of the solver can hold: https://smt-lib.org/theories-UnicodeStrings.shtml
LAST_CHARACTER = "\U0002ffff"


class SatResult(Enum):
    """Whether an assignment satisfies all formulas."""

    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Model:
    """A result; if it is SAT, the other functions return the values of the assignment."""

    result: SatResult
    reason: str
    string_value: Callable[[StringTerm], str]
    boolean_value: Callable[[Formula], bool]
    number_value: Callable[[NumberTerm], Fraction]


class Solver:
    """Builds strings, formulas about them and regular languages, and solves formulas."""

    def __init__(self) -> None:
        require_extra("prove")
        import cvc5

        self._cvc5: Any = cvc5
        self._kind: Any = cvc5.Kind
        self._tm: Any = cvc5.TermManager()
        self.true = Formula(self._tm.mkTrue())
        self.false = Formula(self._tm.mkFalse())
        self.any_string = RegularLanguage(self._tm.mkRegexpAll())
        self.any_character = RegularLanguage(self._tm.mkRegexpAllchar())

    def constant(self, value: str) -> StringTerm:
        """Return a string constant; raises NotEncodableError for characters that the solver's strings can't have."""
        if value and max(value) > LAST_CHARACTER:
            raise NotEncodableError(f"{value!r} has a character that isn't modeled")
        plain = value.isascii() and value.isprintable() and "\\" not in value
        escaped = (
            value if plain else "".join(c if " " <= c <= "~" and c != "\\" else f"\\u{{{ord(c):x}}}" for c in value)
        )
        return StringTerm(self._tm.mkString(escaped, True))

    def string(self, name: str) -> StringTerm:
        """Return a new string variable."""
        return StringTerm(self._tm.mkConst(self._tm.getStringSort(), name))

    def boolean(self, name: str) -> Formula:
        """Return a new boolean variable."""
        return Formula(self._tm.mkConst(self._tm.getBooleanSort(), name))

    def number(self, name: str) -> NumberTerm:
        """Return a new variable for a real number."""
        return NumberTerm(self._tm.mkConst(self._tm.getRealSort(), name))

    def number_constant(self, value: Fraction | int) -> NumberTerm:
        """Return a number as a constant."""
        exact = Fraction(value)
        return NumberTerm(self._tm.mkReal(f"{exact.numerator}/{exact.denominator}"))

    def same_number(self, left: NumberTerm, right: NumberTerm) -> Formula:
        """Whether two numbers are equal."""
        return Formula(self._term(self._kind.EQUAL, left, right))

    def less(self, left: NumberTerm, right: NumberTerm) -> Formula:
        """Whether `left` is less than `right`."""
        return Formula(self._term(self._kind.LT, left, right))

    def between(self, low: NumberTerm, value: NumberTerm, high: NumberTerm) -> Formula:
        """Whether `value` is `low` or more and `high` or less."""
        return Formula(self._term(self._kind.LEQ, low, value, high))

    def is_whole(self, value: NumberTerm) -> Formula:
        """Whether a number is an integer."""
        return Formula(self._term(self._kind.IS_INTEGER, value))

    def concat(self, parts: Sequence[StringTerm]) -> StringTerm:
        """Return the concatenation of the strings."""
        return StringTerm(self._nary_term(self._kind.STRING_CONCAT, parts, self.constant("")))

    def equal(self, left: StringTerm, right: StringTerm) -> Formula:
        """Whether two strings are equal."""
        return Formula(self._term(self._kind.EQUAL, left, right))

    def one_of(self, value: StringTerm, constants: Iterable[str]) -> Formula:
        """Whether `value` is one of the constants."""
        return self.or_(self.equal(value, self.constant(constant)) for constant in constants)

    def prefix_of(self, value: StringTerm, beginning: StringTerm) -> Formula:
        """Whether `value` begins with `beginning`."""
        return Formula(self._term(self._kind.STRING_PREFIX, beginning, value))

    def suffix_of(self, value: StringTerm, ending: StringTerm) -> Formula:
        """Whether `value` ends with `ending`."""
        return Formula(self._term(self._kind.STRING_SUFFIX, ending, value))

    def length(self, value: StringTerm) -> IntegerTerm:
        """Return the number of characters of `value`."""
        return IntegerTerm(self._term(self._kind.STRING_LENGTH, value))

    def integer(self, value: int) -> IntegerTerm:
        """Return `value` as a constant."""
        return IntegerTerm(self._tm.mkInteger(value))

    def plus(self, *numbers: IntegerTerm) -> IntegerTerm:
        """Return the sum."""
        return IntegerTerm(self._nary_term(self._kind.ADD, numbers, self.integer(0)))

    def at_least(self, left: IntegerTerm, right: IntegerTerm) -> Formula:
        """Whether `left` is `right` or more."""
        return Formula(self._term(self._kind.GEQ, left, right))

    def index_of(self, value: StringTerm, part: StringTerm, start: IntegerTerm) -> IntegerTerm:
        """Return the first position of `part` in `value` from `start` on, -1 if there is none."""
        return IntegerTerm(self._term(self._kind.STRING_INDEXOF, value, part, start))

    def if_else(self, condition: Formula, then: StringTerm, else_: StringTerm) -> StringTerm:
        """Return `then` if the condition holds, else `else_`."""
        return StringTerm(self._term(self._kind.ITE, condition, then, else_))

    def not_(self, formula: Formula) -> Formula:
        """Return the negation."""
        if formula is self.true or formula is self.false:
            return self.false if formula is self.true else self.true
        return Formula(self._term(self._kind.NOT, formula))

    def and_(self, formulas: Iterable[Formula]) -> Formula:
        """Whether all formulas hold; true for no formulas."""
        parts = [formula for formula in formulas if formula is not self.true]
        if any(formula is self.false for formula in parts):
            return self.false
        return Formula(self._nary_term(self._kind.AND, parts, self.true))

    def or_(self, formulas: Iterable[Formula]) -> Formula:
        """Whether at least one formula holds; false for no formulas."""
        parts = [formula for formula in formulas if formula is not self.false]
        if any(formula is self.true for formula in parts):
            return self.true
        return Formula(self._nary_term(self._kind.OR, parts, self.false))

    def in_language(self, value: StringTerm, language: RegularLanguage) -> Formula:
        """Whether `value` is in the language."""
        return Formula(self._term(self._kind.STRING_IN_REGEXP, value, language))

    def literal(self, value: str) -> RegularLanguage:
        """Return the language that contains only `value`."""
        return RegularLanguage(self._term(self._kind.STRING_TO_REGEXP, self.constant(value)))

    def character_range(self, low: str, high: str) -> RegularLanguage:
        """Return the language of the characters from `low` to `high`."""
        return RegularLanguage(self._term(self._kind.REGEXP_RANGE, self.constant(low), self.constant(high)))

    def sequence(self, parts: Iterable[RegularLanguage]) -> RegularLanguage:
        """Return the concatenation of the languages."""
        return RegularLanguage(self._nary_term(self._kind.REGEXP_CONCAT, tuple(parts), self.literal("")))

    def union(self, options: Iterable[RegularLanguage]) -> RegularLanguage:
        """Return the union of the languages."""
        return RegularLanguage(self._nary_term(self._kind.REGEXP_UNION, tuple(options), self._tm.mkRegexpNone()))

    def repeated(self, part: RegularLanguage, least: int = 0, most: int | None = None) -> RegularLanguage:
        """Return `least` to `most` repetitions of `part`; without `most`, any number from `least` on."""
        if most is not None:
            return RegularLanguage(self._tm.mkTerm(self._tm.mkOp(self._kind.REGEXP_LOOP, least, most), part))
        star = RegularLanguage(self._term(self._kind.REGEXP_STAR, part))
        return self.sequence([*[part] * least, star])

    def solve(self, formulas: Iterable[Formula], seconds: float) -> Model:
        """Search for a satisfying assignment for at most `seconds`."""
        if seconds <= 0:
            return Model(SatResult.UNKNOWN, "timed out", lambda text: "", lambda flag: False, lambda _: Fraction())
        engine = self._cvc5.Solver(self._tm)
        engine.setLogic("ALL")
        # To cvc5, 0 means no limit.
        for option, value in (("strings-exp", "true"), ("tlimit-per", str(max(1, int(seconds * 1000))))):
            engine.setOption(option, value)
        engine.setOption("produce-models", "true")
        for formula in formulas:
            engine.assertFormula(formula)
        result = engine.checkSat()
        sat_result = SatResult.SAT if result.isSat() else SatResult.UNSAT if result.isUnsat() else SatResult.UNKNOWN
        reason = ""
        if sat_result is SatResult.UNKNOWN:
            reason = str(result.getUnknownExplanation()).rpartition(".")[2].lower().replace("_", " ")
            reason = "timed out" if reason == "timeout" else f"the solver gave up: {reason}"
        return Model(
            sat_result,
            reason,
            lambda text: str(engine.getValue(text).toPythonObj()),
            lambda flag: bool(engine.getValue(flag).toPythonObj()),
            lambda number: Fraction(engine.getValue(number).toPythonObj()),
        )

    def _term(self, kind: Any, *arguments: object) -> Any:
        return self._tm.mkTerm(kind, *arguments)

    def _nary_term(self, kind: Any, arguments: Sequence[object], identity: object) -> Any:
        if len(arguments) < 2:
            return arguments[0] if arguments else identity
        return self._tm.mkTerm(kind, *arguments)
