"""Drives a headless Chromium through chromedriver."""

import contextlib
import http.client
import json
import subprocess
import tempfile

LIMIT = 60

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

class Driver:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT + 10)
        self.session = ""

    def call(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, {"Content-Type": "application/json"})
        value = json.load(self.connection.getresponse())["value"]
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError(f"{value['error']}: {value['message'].splitlines()[0]}")
        return value

    @contextlib.contextmanager
    def browser(self, arguments):
        options = {"goog:chromeOptions": {"args": arguments}, "timeouts": {"script": LIMIT * 1000}}
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        session = f"/session/{answer['sessionId']}"
        try:
            yield session
        finally:
            self.call("DELETE", session)


@contextlib.contextmanager
def chromium():
    """Yields a driver and the path of a session with a fresh profile."""
    with chromedriver() as driver, tempfile.TemporaryDirectory() as folder:
        with driver.browser([*ARGUMENTS, f"--user-data-dir={folder}"]) as session:
            yield driver, session


@contextlib.contextmanager
def chromedriver():
    process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if "successfully on port " in line:
                yield Driver(int(line.rsplit(" ", 1)[1].strip().rstrip(".")))
                return
        raise RuntimeError("chromedriver did not start")
    finally:
        process.terminate()
        process.wait(LIMIT)
