"""`doorbell explain`: what an event would start, and clause by clause why it would not."""
