"""What the deployment of a model reaches: its function, the alarms and metrics about it."""
