"""Tables -> the bus: the streams of outbox tables ring `forward_changes`."""

from collections.abc import Mapping

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from functions.shared.contracts.catalog import CATALOG
from functions.table_stream.events import FILTER
from infra.constructs.hub import Hub
from infra.constructs.outputs import publish
from infra.constructs.python_function import PythonFunction
from infra.constructs.table_stream import TableStream

MAX_CONCURRENCY, BATCH_SIZE = 2, 10
"""Of what was parked; the streams themselves run one batch a shard."""


class TableStreamTrigger(Construct):
    """Wires tables whose items carry the events of their changes."""

    def __init__(self, scope: Construct, construct_id: str, *, hub: Hub, tables: Mapping[str, dynamodb.ITable]) -> None:
        """Create the trigger.

        Args:
            scope: parent construct.
            construct_id: names the construct.
            hub: what all triggers share.
            tables: name of the construct -> a table with a stream of old and new images.
        """
        super().__init__(scope, construct_id)
        function = PythonFunction(
            self, "ForwardChanges", slice_name="table_stream", runtime=hub.stage.runtime, settings=[]
        )
        self.trigger = hub.trigger(
            self, function, announces=list(CATALOG), max_concurrency=MAX_CONCURRENCY, batch_size=BATCH_SIZE
        )
        for name, table in tables.items():
            TableStream(self, name, table=table, function=function, trigger=self.trigger, pattern=FILTER)
        publish(self, "EventSource", "TableStream", self.trigger.queue.queue_url)
