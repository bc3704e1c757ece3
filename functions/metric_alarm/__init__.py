"""Metric alarms: CloudWatch tells that a metric of a live model crossed its threshold."""
