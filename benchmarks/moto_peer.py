"""moto's evaluator as a process of its own, so that its interpreter needs nothing of this project.

Says `moto VERSION`, reads a JSON line (policies as texts by name; requests as [names of policies, action, resource]),
and answers each further line with the CPU seconds of one round, and its decisions.
"""

import json
import sys
import time


def main() -> int:
    """Serve rounds until standard input ends."""
    try:
        from importlib.metadata import version

        from moto.iam.access_control import IAMPolicy, PermissionResult
    except ImportError:
        return 1
    print(f"moto {version('moto')}", flush=True)
    given = json.loads(sys.stdin.readline())
    policies = {name: IAMPolicy({"policy_document": text}) for name, text in given["policies"].items()}
    requests = [([policies[name] for name in names], *rest) for names, *rest in given["requests"]]
    permitted = PermissionResult.PERMITTED
    for _ in sys.stdin:
        started = time.process_time()
        answers = [
            all(policy.is_action_permitted(action, resource) is permitted for policy in of)
            for of, action, resource in requests
        ]
        print(json.dumps([time.process_time() - started, answers]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
