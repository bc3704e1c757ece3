"""A conformance kit for whoever receives signed webhooks: cases as data, and a runner for verifiers in any language."""
