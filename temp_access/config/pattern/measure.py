"""Exact sizes of what a pattern admits."""

from collections.abc import Callable

from temp_access.config.pattern.tree import Chars, Choice, LiteralText, Node, Repeat, Sequence


def longest_cost(node: Node, cost: Callable[[str], int]) -> int:
    """Return the maximum, over all admitted texts, of the sum of their characters' costs."""
    match node:
        case LiteralText(text):
            return sum(map(cost, text))
        case Chars():
            return max(map(cost, node))
        case Sequence(parts):
            return sum(longest_cost(part, cost) for part in parts)
        case Choice(options):
            return max(longest_cost(option, cost) for option in options)
        case Repeat(part, least, most):
            each = longest_cost(part, cost)
            return each * (most if each > 0 else least)


def longest(node: Node) -> int:
    """Return the length of the longest admitted text, in characters."""
    return longest_cost(node, lambda _: 1)


def shortest(node: Node) -> int:
    """Return the length of the shortest admitted text, in characters."""
    return -longest_cost(node, lambda _: -1)


def steps(node: Node) -> int:
    """Return how many steps matching takes at most: the tree's size with its repetitions unrolled."""
    match node:
        case LiteralText(text):
            return len(text)
        case Chars():
            return 1
        case Sequence(children) | Choice(children):
            return 1 + sum(map(steps, children))
        case Repeat(part, _, most):
            return 1 + most * steps(part)
