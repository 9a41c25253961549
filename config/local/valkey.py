"""A Valkey server of our own: broker and cache, password required, nothing kept on disk."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from config.local.binaries import find_valkey
from config.local.places import Account, LocalServerError, unprivileged_account
from config.local.processes import free_port, spawn, stop

START_TIMEOUT_SECONDS = 20


@dataclass
class Valkey:
    """One server. What waits in it can be made again from PostgreSQL, so it saves nothing."""

    password: str
    log: Path
    account: Account | None = field(default_factory=unprivileged_account)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """REDIS_URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self, *, preferred_port: int = 0) -> Self:
        """Start on a free port; raises `LocalServerError` if it never answers."""
        program = find_valkey(self.account)
        for attempt in range(3):
            self.port = free_port(preferred_port if attempt == 0 else 0)
            self.process = spawn(
                [program, "-"],  # its configuration by pipe: arguments are visible to everybody
                account=self.account,
                log=self.log,
                stdin=subprocess.PIPE,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            )
            self._configure(self.process)
            if self._answers(self.process):
                return self
        raise LocalServerError(f"Valkey did not start; its log is {self.log}.")

    def stop(self) -> None:
        """Stop the server."""
        if self.process is not None:
            stop(self.process)

    def _configure(self, process: subprocess.Popen[bytes]) -> None:
        settings = (
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            "protected-mode yes",
            'save ""',
            "appendonly no",
            "maxmemory-policy noeviction",
            "databases 64",
            "daemonize no",
        )
        if process.stdin is None:
            return
        try:
            process.stdin.write("\n".join(settings).encode() + b"\n")
            process.stdin.close()
        except BrokenPipeError:
            pass  # it died at once: found out by the next look

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self._ping() and process.poll() is None:
                return True
            time.sleep(0.02)
        stop(process)
        return False

    def _ping(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
                client.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = client.recv(256)
                    if not part:
                        return False
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"
