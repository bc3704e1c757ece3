"""The two stacks, divided by lifetime."""
