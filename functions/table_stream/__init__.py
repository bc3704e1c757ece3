"""The outbox: events that follow a change in a table are told by that table's stream, and by nothing else."""
