"""`temp-access console`: a URL that signs in to the AWS console, at a borrower's folder."""

import argparse
import time
from typing import Any
from urllib.parse import urlsplit

from temp_access.borrow.console import LOOPBACK, folder_page, session_duration, sign_in, sign_in_url
from temp_access.cli.borrow_options import add_borrow_options, borrow, print_note
from temp_access.cli.options import write_stdout
from temp_access.errors import TempAccessError

EXAMPLES = """\
examples (after `make demo`):
  temp-access console bob --local
  temp-access console bob --profile temp-user --open
  temp-access console bob --profile temp-user --destination https://console.aws.amazon.com/cloudshell/home

The URL works for 15 minutes and is a secret: whoever has it is signed in. The console's session ends no later than
the borrowed credentials. exit code: 0 fine, 1 refused, 2 bad input, 3 not reachable"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_borrow_options(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--print", action="store_true", help="print the URL (default)")
    form.add_argument("--open", action="store_true", help="open it in the browser, and don't print it")
    parser.add_argument(
        "--destination", default="s3", metavar="PAGE", help="s3, the folder (default), or the URL of a page"
    )


def run(args: argparse.Namespace) -> int:
    """Borrow, ask for a sign-in token, and print or open the URL."""
    entry = borrow(args)
    endpoint, ca_bundle = _endpoint(args, entry)
    partition = entry["role"].split(":")[1]
    page = args.destination
    if page == "s3":
        page = folder_page(
            partition,
            bucket=entry["bucket"],
            folder=entry["folder"],
            region=entry["region"],
            endpoint_url=endpoint,
        )
        _say_what_is_seen(entry)
    place = sign_in(partition, page, endpoint_url=endpoint)
    duration = session_duration(entry["until"] - time.time(), chained=entry["chained"])
    url = sign_in_url(place, entry["credentials"], duration=duration, ca_bundle=ca_bundle)
    print_note("the URL works for 15 minutes and is a secret: whoever has it is signed in as this session")
    if args.open:
        _open(url)
    else:
        write_stdout(f"{url}\n")
    return 0


def _endpoint(args: argparse.Namespace, entry: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return (the endpoint if it is this machine's own, the CA bundle), as the AWS tools find them."""
    if args.local:
        from temp_access.local_aws.control import environment
        from temp_access.local_aws.state_dir import DEFAULT_STATE

        local = environment(args.state or DEFAULT_STATE)
        return local["AWS_ENDPOINT_URL"], local["AWS_CA_BUNDLE"]
    import botocore.session

    core = botocore.session.Session(profile=args.profile)
    given = entry["credentials"]
    # No call is made with it; it resolves the endpoint from environment and profile.
    client = core.create_client(
        "sts",
        region_name=entry["region"],
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    url = str(client.meta.endpoint_url)
    return (url if urlsplit(url).hostname in LOOPBACK else None), core.get_config_variable("ca_bundle") or None


def _say_what_is_seen(entry: dict[str, Any]) -> None:
    from temp_access.policies.access_modes import ACCESS_MODES

    if not ACCESS_MODES[entry["access"]].allows_listing:
        print_note(
            f"{entry['access']!r} lists nothing, so the console shows an error instead of the folder; uploads work"
        )


def _open(url: str) -> None:
    import webbrowser

    if not webbrowser.open(url):
        raise TempAccessError("no browser could be opened; use --print, and open the URL elsewhere", exit_code=1)
