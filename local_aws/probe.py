"""Ask a server whether it is up, and whether it is ours."""

import http.client
import json
import ssl
from typing import Any

from local_aws.layout import HEALTH_PATH, StateDir


def health(layout: StateDir, port: int, timeout: float = 2.0) -> dict[str, Any]:
    """Return what the server on `port` says about itself, or an empty object when it isn't there or isn't ours."""
    try:
        context = ssl.create_default_context(cafile=str(layout.certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=context)
        try:
            connection.request("GET", HEALTH_PATH)
            said = json.loads(connection.getresponse().read())
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    return said if isinstance(said, dict) else {}
