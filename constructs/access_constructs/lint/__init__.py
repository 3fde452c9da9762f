"""The lint rules as a validation plugin of the CDK: `cdk.Validations.of(app).add_plugins(AccessChecks())`."""

from access_constructs.lint.access_checks import AccessChecks
from access_constructs.lint.acknowledge import acknowledge

__all__ = ["AccessChecks", "acknowledge"]
