"""A proxy before the embedded AWS that does what networks and services do on a bad day."""

import itertools
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

DELAY_SECONDS = 0.3
_HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}


class Fault(Enum):
    """What happens to a call."""

    NONE = "none"
    SERVER_ERROR = "500, not applied"
    THROTTLED = "throttled, not applied"
    DELAYED = "delayed"
    REPLY_LOST = "applied, and the connection reset"


PLAN = (
    *[Fault.NONE] * 7,
    Fault.SERVER_ERROR,
    *[Fault.NONE] * 6,
    Fault.REPLY_LOST,
    *[Fault.NONE] * 5,
    Fault.THROTTLED,
    *[Fault.NONE] * 4,
    Fault.DELAYED,
    Fault.REPLY_LOST,
    Fault.SERVER_ERROR,
    Fault.THROTTLED,
    Fault.SERVER_ERROR,
)
"""What happens to one call after the other, over and over; the runs of faults outlast the SDK's own three attempts."""


@dataclass
class FaultProxy:
    """Forwards to an endpoint, and fails as planned."""

    endpoint: str
    seen: Counter[Fault] = field(default_factory=Counter)
    plan: Iterator[Fault] = field(default_factory=lambda: itertools.cycle(PLAN))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_fault(self) -> Fault:
        """What happens to the next call."""
        with self.lock:
            fault = next(self.plan)
            self.seen[fault] += 1
            return fault

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on a free port of the loopback interface; yields the URL."""
        handler = type("Handler", (_Handler,), {"proxy": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    proxy: ClassVar[FaultProxy]
    protocol_version = "HTTP/1.1"

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        match fault := self.proxy.next_fault():
            case Fault.SERVER_ERROR:
                self._answer(500, {}, b"")
                return
            case Fault.THROTTLED:
                self._answer(503, {"Content-Type": "application/xml"}, b"<Error><Code>SlowDown</Code></Error>")
                return
            case Fault.DELAYED:
                time.sleep(DELAY_SECONDS)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        request = urllib.request.Request(  # noqa: S310 - the embedded AWS
            self.proxy.endpoint + self.path, data=body or None, headers=headers, method=self.command
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
                status, given, content = reply.status, dict(reply.headers), reply.read()
        except urllib.error.HTTPError as error:
            status, given, content = error.code, dict(error.headers), error.read()
        if fault is Fault.REPLY_LOST:
            self.close_connection = True
            self.connection.close()
            return
        self._answer(status, given, content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _forward  # noqa: N815 - the base class's names

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        # A HEAD answer tells the length of what it does not send.
        length = next((v for n, v in headers.items() if n.lower() == "content-length"), str(len(content)))
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests' output is theirs."""
