"""Deployments on a workbench: a ledger, a function and artefacts, and the workflow's real definition and handlers."""

import datetime as dt
import functools
import io
import itertools
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from doorbell.connection import Connection
from functions.model_deployment import settings
from functions.model_deployment.domain.lease import Taken
from functions.model_deployment.handlers import (
    discard_candidate,
    judge_canary,
    promote_candidate,
    publish_candidate,
    record_deployment,
    settle_deployment,
    smoke_test_candidate,
    start_canary,
    start_deployment,
    take_lease,
    verify_artefact,
)
from functions.serving.adapters.function_versions import Alias, FunctionVersions
from functions.serving.adapters.ledger import ModelLedger
from functions.serving.artefact import MANIFEST_FILE, checksum_of
from functions.serving.record import (
    HISTORY_PREFIX,
    RECORD_ENTRY,
    Change,
    Lease,
    ModelRecord,
    Served,
    VersionState,
)
from functions.serving.settings import (
    PRODUCTION,
    STAGING,
    Canary,
    DeclaredModel,
    DeclaredModels,
    LedgerSettings,
    ServedVersionSettings,
)
from functions.shared import aws, clock, targets
from functions.shared.events import EVENT_ATTRIBUTE
from infra.workflows.model_deployment import STEPS, definition
from tests.fakes.artefacts import Files, artefact, with_first_case_only, with_wrong_score
from tests.fakes.clock import Clock
from tests.fakes.envelopes import envelope
from tests.fakes.examples import wire
from tests.fakes.process import forget
from tests.fakes.sqs import message
from tests.proof.state_machine import Execution, State
from tests.proof.strict_lambda import StrictLambda
from tests.proof.workbench import Invocation, Workbench, environment

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
