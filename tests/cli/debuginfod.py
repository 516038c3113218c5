# SPDX-License-Identifier: GPL-2.0-or-later
"""A vmlinux from a debuginfod server, which this test is itself, on loopback. Prints TAP.

Usage: debuginfod.py KSWAPCK DUMPS
"""

import http.server
import json
import os
import pathlib
import sys
import threading

sys.dont_write_bytecode = True

import cli
from cli import ERRORS, Skip

cli.TIMEOUT = 120


def lab_kernel():
    """The vmlinux of the dumps in the tree, if the lab has built it."""
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    lab = pathlib.Path(os.environ.get("KSWAPCK_LAB") or pathlib.Path(cache) / "kswapck-lab")
    path = lab / "kernels/6.1bug/vmlinux"
    return path if path.exists() else None


class Server:
    """Serves what it is told to, and remembers what it was asked for."""

    def __init__(self):
        self.asked, self.files = [], {}
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def do_GET(self):       # the name that the module wants
                """Answer it."""
                server.asked.append(self.path)
                content = server.files.get(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_):      # pylint: disable=arguments-differ
                """Say nothing."""

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"


class Tests(cli.Tests):
    """The program, and a server."""

    number = 0

    def record(self, server, command="record", cache=None):
        """What record says when there is a server."""
        if b"libdebuginfod.so" not in pathlib.Path(self.program).read_bytes():
            raise Skip("built without libdebuginfod")
        Tests.number += 1
        environment = {**os.environ, "DEBUGINFOD_URLS": server.url, "DEBUGINFOD_TIMEOUT": "10",
                       "DEBUGINFOD_CACHE_PATH": str(cache or self.scratch / f"{Tests.number}")}
        environment.pop("http_proxy", None)
        arguments = [self.dumps / "freed-folio.kdump"]
        done = self.run(command, *(["--json"] if command == "scan" else []), *arguments,
                        env={**environment, "no_proxy": "127.0.0.1"})
        assert done.returncode == ERRORS, done.stderr
        return json.loads(done.stdout)

    def page(self):
        """Where a server has the vmlinux of the dump."""
        done = self.run("record", "-n", self.dumps / "freed-folio.kdump")
        return f"/buildid/{json.loads(done.stdout)['kernel']['build_id']}/debuginfo"

    def not_there(self):
        """It is asked for by build id; if there is none, the dump's own symbols serve."""
        server = Server()
        report = self.record(server)
        assert server.asked and set(server.asked) == {self.page()}, server.asked
        assert "dump" in report["kernel"]["symbols_from"]

    def garbage(self):
        """What is no vmlinux, or that of another kernel, is not used."""
        for content in (b"", b"garbage" * 99, pathlib.Path(self.program).read_bytes()):
            server = Server()
            server.files[self.page()] = content
            report = self.record(server)
            assert server.asked and "dump" in report["kernel"]["symbols_from"]

    def scan_does_not_ask(self):
        """What somebody waits for asks no server."""
        server = Server()
        self.record(server, "scan")
        assert not server.asked, server.asked

    def found(self):
        """The right one is used, and asked for once."""
        vmlinux = lab_kernel()
        if not vmlinux:
            raise Skip("no vmlinux of the lab")
        server = Server()
        server.files[self.page()] = vmlinux.read_bytes()
        cache = self.scratch / "cache"
        for _ in range(2):
            report = self.record(server, cache=cache)
            if "vmlinux" not in report["kernel"]["symbols_from"]:
                raise Skip("the lab's vmlinux is of another build")
        assert server.asked == [self.page()], server.asked


HELPERS = {"record", "page"}


if __name__ == "__main__":
    sys.exit(cli.run_tests(Tests, HELPERS, sys.argv[1:]))
