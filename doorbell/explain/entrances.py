"""What lets events in to each trigger's queue, as it is deployed: rules, and a bucket's notifications."""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from doorbell.connection import Connection
from doorbell.explain.clauses import Json
from doorbell.outputs import Outputs

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client

DEFAULT_BUS = "default"


class Entrances:
    """The deployed patterns by the trigger whose queue they lead to."""

    def __init__(self, connection: Connection, outputs: Outputs) -> None:
        self._events: EventBridgeClient = connection.client("events")
        self._s3: S3Client = connection.client("s3")
        self._outputs = outputs

    @cached_property
    def on_our_bus(self) -> Mapping[str, list[Json]]:
        """Trigger -> the patterns of its rules on Doorbell's bus."""
        return self._rules(self._outputs.event_bus)

    @cached_property
    def on_default_bus(self) -> Mapping[str, list[Json]]:
        """Trigger -> the patterns of its rules on the account's default bus."""
        return self._rules(DEFAULT_BUS)

    @cached_property
    def at_bucket(self) -> Mapping[str, list[Json]]:
        """Trigger -> the filters of the bucket's notifications, written as patterns of a notification's fields."""
        found: dict[str, list[Json]] = defaultdict(list)
        answer = self._s3.get_bucket_notification_configuration(Bucket=self._outputs.data_bucket)
        for notification in answer.get("QueueConfigurations", []):
            rules: Any = notification.get("Filter", {}).get("Key", {}).get("FilterRules", [])
            key = [{rule["Name"].lower(): rule["Value"]} for rule in rules]
            names = [{"prefix": name.removeprefix("s3:").removesuffix("*")} for name in notification["Events"]]
            # S3 wants all of its filters to fit, EventBridge any of a field's: hence one pattern each.
            pattern = {"detail": {"eventName": names, **{f"key {next(iter(one))}": [one] for one in key}}}
            self._add(found, notification["QueueArn"], pattern)
        return found

    def _rules(self, bus: str) -> Mapping[str, list[Json]]:
        found: dict[str, list[Json]] = defaultdict(list)
        for page in self._events.get_paginator("list_rules").paginate(EventBusName=bus):
            for rule in page["Rules"]:
                targets = self._events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)["Targets"]
                for target in targets:
                    if pattern := rule.get("EventPattern"):
                        self._add(found, target["Arn"], json.loads(pattern))
        return found

    def _add(self, found: dict[str, list[Json]], queue_arn: str, pattern: Json) -> None:
        queue = queue_arn.rpartition(":")[2]
        for trigger, url in self._outputs.queues.items():
            if url.rpartition("/")[2] == queue:
                found[trigger].append(pattern)
