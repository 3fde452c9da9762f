"""The process of the local AWS: `python -m temp_access.local_aws.server.main --state DIR --fd N`.

`temp_access.local_aws.control` starts it, with a socket that is already bound.
"""

import argparse
import asyncio
import os
import resource
import secrets
import signal
import socket
import sys
from asyncio import constants
from pathlib import Path

from temp_access.files import try_lock
from temp_access.local_aws.state_dir import ACCOUNT_ID, REGION, StateDir

_OPEN_FILES = 8192


def main() -> int:
    """Serve on the socket with the descriptor `--fd` until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m temp_access.local_aws.server.main")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--fd", type=int, required=True)
    arguments = parser.parse_args()
    os.umask(0o077)
    state_dir = StateDir.of(arguments.state)
    lock = try_lock(state_dir.server_lock)
    if lock is None:
        sys.stderr.write(f"another local AWS already runs in {state_dir.root}\n")
        return 2
    port = socket.socket(fileno=os.dup(arguments.fd)).getsockname()[1]
    _set_environment(state_dir, port)
    _allow_open_files()
    asyncio.run(_serve(state_dir, arguments.fd, port))
    return 0


def _set_environment(state_dir: StateDir, port: int) -> None:
    """Configure ministack, which reads its environment on import, and remove the user's own AWS settings."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MINISTACK_", "LOCALSTACK_", "S3_")):
            del os.environ[name]
    os.environ.update(
        {
            "AUTH": "true",
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_REGION": REGION,
            "GATEWAY_PORT": str(port),
            "USE_SSL": "1",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state_dir.services),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state_dir.objects),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            # When it starts and stops, ministack removes containers, even those of another emulator on this machine.
            "DOCKER_HOST": "unix:///nonexistent",
            # ministack's root key: `ministack.stores.install` disables it, and nobody knows it.
            "AWS_ACCESS_KEY_ID": secrets.token_hex(10).upper(),
            "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(30),
        }
    )


def _allow_open_files() -> None:
    """Raise the number of files that this process may open: each connection is one, even before its handshake."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_OPEN_FILES, hard) if hard >= 0 else _OPEN_FILES, hard))


async def _serve(state_dir: StateDir, descriptor: int, port: int) -> None:
    # Imported here because ministack reads the environment on import.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from temp_access.local_aws.server import connections
    from temp_access.local_aws.server.access_log import AccessLog
    from temp_access.local_aws.server.app import FrontApp, LocalAwsApp
    from temp_access.local_aws.server.ministack import requests, stores
    from temp_access.local_aws.server.ministack.web_identity import WebIdentities
    from temp_access.local_aws.server.openid_keys import OpenIdKeys
    from temp_access.local_aws.server.signin import SignInServer
    from temp_access.local_aws.server.state_writer import StateWriter

    requests.install()
    ministack = stores.app.app
    state_writer = StateWriter(state_dir.services, stores.snapshot)
    health: dict[str, object] = {"pid": os.getpid(), "port": port}
    signin = SignInServer(stores.live_session)
    web_identities = WebIdentities(OpenIdKeys(state_dir))
    front = FrontApp(ministack, AccessLog(state_dir.access_log), state_writer, signin, web_identities, health)
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.certfile, config.keyfile = str(state_dir.certificate), str(state_dir.private_key)
    config.alpn_protocols = ["http/1.1"]
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    connections.bound(config)
    # hypercorn can't set this: idle clients don't answer the end of TLS, and would delay the stop by 30 s.
    constants.SSL_SHUTDOWN_TIMEOUT = 0.2
    stopped = asyncio.Event()

    def stop() -> None:
        # From now on this server doesn't count as running: who starts one waits until this one has released its lock.
        health["ending"] = True
        state_dir.server.unlink(missing_ok=True)
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    # The shortest session lasts 15 minutes: a test of expired sessions can't wait for that.
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, stores.expire_sessions)

    async def until_stopped() -> None:
        await stopped.wait()

    app = LocalAwsApp(ministack, front, state_writer, state_dir, port)
    # The scopes and messages of LocalAwsApp are plain dicts, as those of ministack are.
    await serve(app, config, shutdown_trigger=until_stopped)  # type: ignore[arg-type]
    state_dir.server.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
