"""Would the tests notice? Mistakes that people make, each put into a copy of the project, each caught by its tests."""

from pathlib import Path

import pytest

from tests.proof.mistakes import Mistake, assert_noticed, run

DOMAIN = "functions/feature_pipeline/domain.py"
S3_OBJECTS = "functions/feature_pipeline/adapters/s3_objects.py"
EVENTS = "functions/feature_pipeline/events.py"
QUEUE = "functions/shared/queue.py"
REGISTRY_EVENTS = "functions/registry/events.py"
ALARM_EVENTS = "functions/metric_alarm/events.py"
ACCEPTANCE = "functions/message_queue/domain.py"
CHANGE_EVENT = "functions/table_stream/domain.py"
FORWARDER = "functions/table_stream/handlers/forward_changes.py"
SIGNATURES = "functions/webhook/signatures.py"
SECRETS = "functions/webhook/adapters/secrets_manager.py"
GITHUB = "functions/webhook/providers/github.py"
ACCEPTED = "functions/webhook/acceptance.py"
DOOR_TESTS = "tests/unit/webhook"

UNIT = "tests/unit/feature_pipeline"
QUEUE_TESTS = "tests/unit/shared/test_queue.py tests/unit/shared/test_queue_retries.py"
CRASHES = "tests/proof/test_compute_features.py"

MISTAKES = (
    Mistake(
        "first write unconditional",
        S3_OBJECTS,
        ', IfNoneMatch="*"',
        "",
        "tests/proof/test_conditional_writes.py",
    ),
    Mistake(
        "replacing write unconditional",
        S3_OBJECTS,
        "Metadata=_metadata(stamp), IfMatch=replacing.version",
        "Metadata=_metadata(stamp)",
        "tests/proof/test_conditional_writes.py",
    ),
    Mistake(
        "sequencer check dropped",
        DOMAIN,
        "if mine < sequencer_order(stamp.origin.sequencer):",
        "if False:",
        f"{UNIT}/test_domain.py {UNIT}/test_newest_wins.py",
    ),
    Mistake(
        "sequencers compared as text",
        DOMAIN,
        "return int(sequencer, 16)",
        "return sequencer",
        f"{UNIT}/test_sequencers.py {UNIT}/test_newest_wins.py",
    ),
    Mistake(
        "not announced after a crash",
        DOMAIN,
        "if mine == sequencer_order(stamp.first_sequencer):",
        "if False:",
        f"{CRASHES}::test_an_upload_survives_every_crash",
    ),
    Mistake(
        "same content keeps its old stamp",
        DOMAIN,
        "replace(stored.stamp, origin=origin), replacing=stored)",
        "stored.stamp, replacing=stored)",
        f"{CRASHES}::test_the_same_content_again_survives_every_crash",
    ),
    Mistake("wrong unquote", EVENTS, "key = unquote_plus(encoded", "key = unquote(encoded", f"{UNIT}/test_keys.py"),
    Mistake(
        "acknowledged before the effect",
        QUEUE,
        "        return False\n\n    def _work_on_parts",
        "        return True\n\n    def _work_on_parts",
        QUEUE_TESTS,
    ),
    Mistake(
        "one try too many",
        QUEUE,
        "if tries > len(delays)",
        "if tries > len(delays) + 1",
        QUEUE_TESTS,
    ),
    Mistake(
        "permanent errors tried again",
        QUEUE,
        "or all(isinstance(error, PermanentError) for error in errors)",
        "or not errors",
        QUEUE_TESTS,
    ),
    Mistake(
        "keys forgotten after an hour",
        "infra/constructs/grants.py",
        "IDEMPOTENCY_EXPIRY = Duration.days(60)",
        "IDEMPOTENCY_EXPIRY = Duration.hours(1)",
        "tests/infra/test_templates.py::test_idempotency_record_outlives_every_copy_of_its_message",
    ),
    Mistake(
        "what changed in a package not looked at",
        REGISTRY_EVENTS,
        "return self.updated_model_package_fields is None or field in self.updated_model_package_fields",
        "return True",
        "tests/unit/registry/test_domain.py::test_an_edit_that_repeats_the_status",
    ),
    Mistake(
        "evaluation window empty",
        ALARM_EVENTS,
        "self.state_change_time - self.trigger.window()",
        "self.state_change_time",
        "tests/unit/metric_alarm/test_events.py::test_the_window_of_a_topic",
    ),
    Mistake(
        "every event taken from others",
        ACCEPTANCE,
        "if event.event_type not in accepts:",
        "if False:",
        "tests/unit/message_queue/test_forward_event.py::test_a_type_that_is_not_taken",
    ),
    Mistake(
        "event of a change under a new id each time",
        CHANGE_EVENT,
        'derived_id("change", change.table, change.change_id)',
        '__import__("uuid").uuid4().hex',
        "tests/unit/table_stream/test_forward_changes.py::test_a_batch_that_is_delivered_again",
    ),
    Mistake(
        "failed change not parked",
        FORWARDER,
        "self._sqs().send_message(QueueUrl=self._parking_url, MessageBody=json.dumps(_needed(record)))",
        "pass",
        "tests/unit/table_stream/test_forward_changes.py::test_a_bus_that_is_down",
    ),
    Mistake(
        "old requests let in",
        SIGNATURES,
        "if abs(now - int(written)) > TOLERANCE_SECONDS:",
        "if int(written) - now > TOLERANCE_SECONDS:",
        f"{DOOR_TESTS}/test_receive_webhook.py {DOOR_TESTS}/test_conformance.py",
    ),
    Mistake(
        "delivery id not signed",
        SIGNATURES,
        "for header in (self.id_header, self.timestamp_header) if header]\n        made",
        "for header in (self.timestamp_header,) if header]\n        made",
        f"{DOOR_TESTS}/test_receive_webhook.py {DOOR_TESTS}/test_conformance.py",
    ),
    Mistake(
        "signatures compared in any letter case",
        SIGNATURES,
        "hmac.compare_digest(one, other)",
        "hmac.compare_digest(one.lower(), other.lower())",
        f"{DOOR_TESTS}/test_mutations.py {DOOR_TESTS}/test_conformance.py",
    ),
    Mistake(
        "header that came twice taken",
        "functions/webhook/events.py",
        "if len(values) != 1 or not values[0]:",
        "if not values or not values[0]:",
        f"{DOOR_TESTS}/test_receive_webhook.py {DOOR_TESTS}/test_conformance.py",
    ),
    Mistake(
        "overlap without an end",
        SECRETS,
        "if fetched.previous is None or self._clock() >= fetched.previous_ends_at:",
        "if fetched.previous is None:",
        f"{DOOR_TESTS}/test_secrets_manager.py",
    ),
    Mistake(
        "secrets fetched for every forgery",
        SECRETS,
        "self._refreshed_at[provider] = now",
        "pass",
        f"{DOOR_TESTS}/test_secrets_manager.py",
    ),
    Mistake(
        "GitHub's delivery known by its unsigned id",
        GITHUB,
        "claim = hashlib.sha256(request.body).hexdigest()",
        'claim = request.the_only("x-github-delivery")',
        f"{DOOR_TESTS}/test_mutations.py {DOOR_TESTS}/test_providers.py",
    ),
    Mistake(
        "refused entries overlooked",
        "functions/shared/bus.py",
        'if answer["FailedEntryCount"]:',
        "if False:",
        f"{DOOR_TESTS}/test_receive_webhook.py",
    ),
    Mistake(
        "told without a claim",
        ACCEPTED,
        "outcome = self._guard.once(guard_key(request, delivery), lambda: self._bus.announce(event, deadline))",
        "outcome = self._bus.announce(event, deadline)",
        f"{DOOR_TESTS}/test_receive_webhook.py",
    ),
)


def test_the_copy_is_sound(copy: Path) -> None:
    """Without a mistake the tests pass in the copy too, so that a failure there means the mistake."""
    done = run(copy, f"{UNIT}/test_domain.py {UNIT}/test_newest_wins.py {UNIT}/test_keys.py {QUEUE_TESTS}")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_noticed(copy: Path, mistake: Mistake) -> None:
    """The tests fail, by an assertion and not because they cannot run."""
    assert_noticed(mistake, copy)
