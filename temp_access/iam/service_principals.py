"""AWS services that assume roles, and whether they send the account that they do it for."""

_SENDS = {
    "lambda.amazonaws.com": True,
    "ecs-tasks.amazonaws.com": True,
    "pods.eks.amazonaws.com": True,
    "ec2.amazonaws.com": False,
}


def sends_source_account(service: str) -> bool | None:
    """Return whether a service sends aws:SourceAccount when it assumes a role; None if that isn't documented."""
    return _SENDS.get(service)
