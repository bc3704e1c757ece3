"""What stacks are built from."""
