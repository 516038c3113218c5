# SPDX-License-Identifier: GPL-2.0-or-later
"""Headless Chromium through chromedriver, from Python's standard library alone."""

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
             "--disable-background-networking", "--no-first-run"]
PATIENCE = 60
TALLEST = 6000


def find():
    """Both programs, or None."""
    driver = shutil.which("chromedriver")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return (driver, program) if driver and program else None


def free_port():
    """One on loopback that nobody listens on."""
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


class Browser:
    """One window. To be used in a with statement."""

    def __init__(self, width=1280, height=900, dark=False, scripts=True):
        driver, program = find()
        self.port = free_port()
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen([driver, f"--port={self.port}"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.session = ""
        try:
            self._begin(program)
            self.cdp("Emulation.setScriptExecutionDisabled", value=not scripts)
            self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                     mobile=width < 500)
            self.media("screen", dark)
        except BaseException:
            self.close()
            raise

    def _begin(self, program):
        wanted = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                  "goog:chromeOptions": {"binary": program,
                                         "args": [*ARGUMENTS, f"--user-data-dir={self.profile.name}"]}}
        until = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.call("POST", "/session", capabilities={"alwaysMatch": wanted})
                break
            except (ConnectionError, urllib.error.URLError) as error:
                if isinstance(error, urllib.error.HTTPError) or time.monotonic() > until:
                    raise
                time.sleep(0.1)
        self.session = f"/session/{answer['sessionId']}"

    def call(self, method, path, **body):
        """One request of the WebDriver protocol."""
        data = json.dumps(body).encode() if method == "POST" else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
            return json.load(answer)["value"]

    def cdp(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self.call("POST", f"{self.session}/goog/cdp/execute", cmd=command, params=parameters)

    def media(self, kind, dark=False):
        """On a screen or on paper, light or dark."""
        self.cdp("Emulation.setEmulatedMedia", media=kind if kind != "screen" else "",
                 features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def open(self, path):
        """Show a file; back when it is loaded."""
        self.call("POST", f"{self.session}/url", url=path.absolute().as_uri())

    def run(self, script):
        """The value of a script's return statement; from outside the page's own policy."""
        return self.call("POST", f"{self.session}/execute/sync", script=script, args=[])

    def click(self, x, y):
        """At a place of the window."""
        for kind in ("mousePressed", "mouseReleased"):
            self.cdp("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def messages(self):
        """What stands in the console: errors, and what the page's policy refused."""
        return [entry["message"] for entry in self.call("POST", f"{self.session}/se/log", type="browser")]

    def requests(self):
        """Addresses that were asked for."""
        events = [json.loads(entry["message"])["message"]
                  for entry in self.call("POST", f"{self.session}/se/log", type="performance")]
        return [event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"]

    def picture(self):
        """The whole page, PNG."""
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], TALLEST), "scale": 1}
        return base64.b64decode(self.cdp("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"])

    def paper(self):
        """The whole page, PDF."""
        return base64.b64decode(self.cdp("Page.printToPDF", printBackground=True, paperWidth=8.27,
                                         paperHeight=11.69)["data"])

    def close(self):
        """End what was begun here."""
        try:
            if self.session:
                self.call("DELETE", self.session)
        except OSError:
            pass
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.profile.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()
