"""How a guard's record of an event is found in its table."""

import hashlib
import json


def record_id(trigger: str, idempotency_key: str) -> str:
    """Key of the record, as Powertools writes it: the trigger, and the SHA-256 of the key as JSON."""
    return f"{trigger}#{hashlib.sha256(json.dumps(idempotency_key).encode()).hexdigest()}"
