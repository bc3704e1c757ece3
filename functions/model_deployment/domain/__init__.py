"""The rules of this slice; each makes a change of a model's record, and none reads a clock.

Asked again after a crash, each gives the same answer.
"""
