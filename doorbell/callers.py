"""The last part of the demonstration: who rings the door to the outside, and what each is answered."""

import json
from typing import Any

from rich.table import Table

from doorbell.connection import Connection
from doorbell.outputs import Outputs
from doorbell.samples import EVENTS
from doorbell.terminal import out
from doorbell.webhooks import Response, body_of, post, request_in, signed


class Callers:
    """Rings with sample requests, signed with the stage's secrets."""

    def __init__(self, connection: Connection, outputs: Outputs) -> None:
        self._connection = connection
        self._outputs = outputs

    def show(self) -> None:
        """Ring as senders do, and as strangers do."""
        table = Table("who rings", "answer", title="Webhooks", title_justify="left")
        table.add_column("why", overflow="fold")
        champion = self._request("mlflow_champion_named")
        rings = {
            "MLflow: version 7 of churn is the champion": champion,
            "the same delivery again": champion,
            "somebody who changed the version on the way": _with_body(champion, "7", "9"),
            "somebody who recorded it in January": self._request("signed_long_ago"),
            "MLflow: a model with a name that is none": self._request("mlflow_model_with_spaces"),
            "a planner: a CloudEvent, batch.ready": self._request("cloudevent_structured"),
        }
        for who, request in rings.items():
            answered = self._ring(request)
            table.add_row(who, str(answered.status), _why(answered))
        out.print(table)

    def _request(self, sample: str) -> dict[str, Any]:
        event = request_in(EVENTS / "webhook" / f"{sample}.json")
        return signed(self._connection, self._outputs, event)

    def _ring(self, request: dict[str, Any]) -> Response:
        return post(self._outputs, request["pathParameters"]["provider"], body_of(request), request["headers"])


def _with_body(request: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The request with something replaced in what was signed."""
    return {**request, "body": request["body"].replace(f'"{old}"', f'"{new}"')}


def _why(answered: Response) -> str:
    if not answered.body:
        return "nothing is said to strangers"
    told = json.loads(answered.body)
    faults = "".join(f": {fault['field']} is {fault.get('got', 'missing')}" for fault in told.get("faults", []))
    return f"{told['outcome']}: {told['reason']}{faults}"
