"""Unit tests stay on this machine."""

import socket

import pytest


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_sockets_are_off() -> None:
    """A unit test that opens a socket fails."""
    with pytest.raises(RuntimeError, match=r"tried to use socket\.socket"):
        socket.socket()
