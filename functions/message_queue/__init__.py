"""Other teams' events: they write to a queue, or tell a topic that the queue listens to."""
