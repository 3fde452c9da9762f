"""A stack of the local AWS, created, updated and deleted by the API of CloudFormation."""

import json
import time
from typing import Any


class Stack:
    """One stack of the local AWS, whose template has the resource `Tested` and perhaps others.

    With `has_arn`, its outputs are the resource's Ref and its Arn.
    """

    def __init__(self, account: Any, *, has_arn: bool = False) -> None:
        self._has_arn = has_arn
        self._client = account.client(account.instance.deployer, "cloudformation")
        self._name = account.name("stack")

    def create(self, tested: dict[str, Any], **others: Any) -> str:
        """Create the stack, and return its final status."""
        self._client.create_stack(**self._template(tested, others))
        return self._final_status()

    def update(self, tested: dict[str, Any], **others: Any) -> str:
        """Update the stack, and return its final status."""
        self._client.update_stack(**self._template(tested, others))
        return self._final_status()

    def delete(self) -> None:
        """Delete the stack."""
        arn = self._client.describe_stacks(StackName=self._name)["Stacks"][0]["StackId"]
        self._client.delete_stack(StackName=self._name)
        while True:
            status = str(self._client.describe_stacks(StackName=arn)["Stacks"][0]["StackStatus"])
            if not status.endswith("IN_PROGRESS"):
                break
            time.sleep(0.05)
        assert status == "DELETE_COMPLETE"

    def outputs(self) -> dict[str, str]:
        """Return the value of each output."""
        outputs = self._client.describe_stacks(StackName=self._name)["Stacks"][0].get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    def _template(self, tested: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
        outputs = {"Ref": {"Value": {"Ref": "Tested"}}, "Arn": {"Value": {"Fn::GetAtt": ["Tested", "Arn"]}}}
        template = {"Resources": {"Tested": tested, **others}, "Outputs": outputs if self._has_arn else {}}
        body = json.dumps({name: part for name, part in template.items() if part})
        return {"StackName": self._name, "TemplateBody": body, "Capabilities": ["CAPABILITY_NAMED_IAM"]}

    def _final_status(self) -> str:
        while True:
            status = str(self._client.describe_stacks(StackName=self._name)["Stacks"][0]["StackStatus"])
            if not status.endswith("IN_PROGRESS"):
                return status
            time.sleep(0.05)

    def reasons(self) -> str:
        """Return the reasons of all events of the tested resource."""
        events = self._client.describe_stack_events(StackName=self._name)["StackEvents"]
        return "\n".join(
            event.get("ResourceStatusReason", "") for event in events if event["LogicalResourceId"] == "Tested"
        )
