"""`temp-access prove`: prove claims about every id, object key and request from the policies."""

import argparse
import json
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.cli.options import add_config_options, add_template_option, duration_argument, load_config

if TYPE_CHECKING:
    from temp_access.config.model import Config
    from temp_access.policies.access_modes import AccessMode
    from temp_access.proofs.claim import Claim


EXAMPLES = """\
examples (after `make synth`):
  temp-access prove
  temp-access prove --base ../main/cdk.out          # is anything newly allowed?
  temp-access prove --session-policy policy.json    # $id in it is the folder
  temp-access prove --json

exit code: 0 all claims proved, 1 a claim is refuted, 2 bad configuration or usage, 3 a claim is unknown"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_template_option(parser)
    parser.add_argument(
        "--base", type=Path, metavar="DIR", help="earlier templates: prove that nothing is newly allowed"
    )
    parser.add_argument(
        "--session-policy", type=Path, metavar="FILE", help="prove this session policy, in which $id is the folder"
    )
    parser.add_argument(
        "--access",
        metavar="MODE",
        help="the access mode of --session-policy (default: the widest mode in use)",
    )
    parser.add_argument(
        "--timeout",
        type=duration_argument,
        default=30,
        metavar="TIME",
        help="the time limit of a claim (default: 30s)",
    )
    parser.add_argument("--json", action="store_true", help="print the claims as JSON")
    add_config_options(parser)


def run(args: argparse.Namespace) -> int:
    """Prove, print, and return the exit code."""
    from temp_access.deployment.stacks import read_stacks
    from temp_access.errors import UserError, require_extra
    from temp_access.proofs import prove_all, prove_session_policy
    from temp_access.proofs.claim import NOT_MODELED, as_json, exit_code
    from temp_access.proofs.custom_policy import read_custom_policy

    if args.access and not args.session_policy:
        raise UserError("--access needs --session-policy; pass both, or leave out --access")
    if args.base and args.session_policy:
        raise UserError("--base compares templates and --session-policy checks one policy; pass only one of them")
    require_extra("prove")
    config = load_config(args)
    assembly = read_stacks(args.template, config=config)
    progress = _show_progress if sys.stderr.isatty() else _ignore_progress
    claims: tuple[Claim, ...]
    with _default_signals():
        if args.session_policy:
            policy, access = read_custom_policy(args.session_policy), _access(args.access, config)
            claims = prove_session_policy(config, assembly, policy, access, timeout=args.timeout, progress=progress)
        else:
            base = read_stacks(args.base) if args.base else None
            claims = prove_all(config, assembly, base=base, timeout=args.timeout, progress=progress)
    progress(len(claims), len(claims), "")
    if args.json:
        print(json.dumps(as_json(claims), indent=2))
    else:
        print("\n".join([*map(_render, claims), _summary(claims), NOT_MODELED]))
    return exit_code(claims)


@contextmanager
def _default_signals() -> Iterator[None]:
    # Python handles Ctrl-C only after the solver returns, and there is nothing to clean up.
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _access(name: str | None, config: "Config") -> "AccessMode":
    from temp_access.errors import UserError
    from temp_access.policies.access_modes import ACCESS_MODES

    if name is None:
        return next(ACCESS_MODES[mode] for mode in reversed(ACCESS_MODES) if mode in config.modes)
    if name not in ACCESS_MODES:
        raise UserError(f"--access: {name!r} isn't an access mode; use one of {', '.join(ACCESS_MODES)}")
    return ACCESS_MODES[name]


def _render(claim: "Claim") -> str:
    from temp_access.terminal_text import escape_control

    head = f"{claim.status:8}{claim.seconds:7.2f} s  {claim.name}"
    return "\n".join([head, *(f"{'':19}{escape_control(line)}" for line in _details(claim))])


def _details(claim: "Claim") -> Iterator[str]:
    witness = claim.witness
    if witness:
        yield witness.description
        if witness.context:
            yield f"with {', '.join(f'{key}={_shown(value)}' for key, value in witness.shown_context.items())}"
        if witness.explanation:
            yield f"evaluator: {witness.explanation}"
    if claim.note:
        yield claim.note


def _shown(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " and ".join(value)


def _summary(claims: Iterable["Claim"]) -> str:
    from temp_access.proofs.claim import ClaimStatus

    counts = Counter(claim.status for claim in claims)
    return f"{counts.total()} claims: {', '.join(f'{counts[status]} {status}' for status in ClaimStatus)}"


def _show_progress(done: int, total: int, name: str) -> None:
    line = f"[{done + 1}/{total}] {name}"[:78] if name else ""
    sys.stderr.write(f"\r\x1b[K{line}")
    sys.stderr.flush()


def _ignore_progress(done: int, total: int, name: str) -> None:
    pass
