"""moto's evaluator in a process of its own, whose interpreter needs moto alone.

It prints `moto VERSION`, reads a JSON line (the JSON of each policy by name, and requests as [policy names, action,
resource]), and answers each further line with the CPU seconds and the decisions of one round.
"""

import json
import sys
import time


def main() -> int:
    """Answer rounds until standard input ends; return 1 if moto isn't installed."""
    try:
        from importlib.metadata import version

        from moto.iam.access_control import IAMPolicy, PermissionResult
    except ImportError:
        return 1
    print(f"moto {version('moto')}", flush=True)
    case = json.loads(sys.stdin.readline())
    policies = {name: IAMPolicy({"policy_document": document}) for name, document in case["policies"].items()}
    requests = [([policies[name] for name in names], *rest) for names, *rest in case["requests"]]
    permitted = PermissionResult.PERMITTED
    for _ in sys.stdin:
        started = time.process_time()
        decisions = [
            all(policy.is_action_permitted(action, resource) is permitted for policy in request_policies)
            for request_policies, action, resource in requests
        ]
        print(json.dumps([time.process_time() - started, decisions]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
