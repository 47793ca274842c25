"""Chromium as a client, driven through WebDriver: see README.md for what it takes and prints.

The page that opens the sockets is the server's own answer to a plain request, so that it is of the same origin.
"""

import argparse
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

SCRIPT = r"""
const [url, compression, done] = arguments;
const same = (got, wanted) => {
  if (got !== wanted) throw new Error(`got ${String(got).slice(0, 80)}, wanted ${String(wanted).slice(0, 80)}`);
};
const bytes = (data) => new Uint8Array(data).join();
const echoes = async (ws, message, wanted = message) => {
  const reply = new Promise((resolve, reject) => {
    ws.onmessage = ({ data }) => resolve(data);
    ws.closed.then(({ code }) => reject(new Error(`closed with ${code}`)));
  });
  ws.send(message);
  const got = await reply;
  if (typeof wanted === "string") same(got, wanted);
  else same(bytes(got), bytes(wanted));
};
const closes = async (ws, code, reason) => {
  ws.close(code, reason);
  const event = await ws.closed;
  same(event.code, code);
  same(event.wasClean, true);
};
const all = Uint8Array.from(Array(256).keys());
const large = new Uint8Array(300_000).map((_, index) => (index * index) >> 3);
const scenarios = {
  text: (ws) => echoes(ws, "Hello, Server!"),
  empty_text: async (ws) => {
    await echoes(ws, "");
    await echoes(ws, "after");
  },
  empty_binary: (ws) => echoes(ws, new Uint8Array(0)),
  multibyte_text: (ws) => echoes(ws, "κόσμε, 世界, 𝄞, \u{10ffff}"),
  binary: (ws) => echoes(ws, all),
  blob: (ws) => echoes(ws, new Blob([all]), all),
  large_text: (ws) => echoes(ws, "0123456789".repeat(10_000)),
  large_binary: (ws) => echoes(ws, large),
  close: (ws) => closes(ws, 1000, ""),
  close_with_an_own_code: (ws) => closes(ws, 4001, "mine ✓"),
};
const play = async (scenario) => {
  const ws = new WebSocket(url);
  ws.binaryType = "arraybuffer";
  ws.closed = new Promise((resolve) => ws.addEventListener("close", resolve));
  await new Promise((resolve, reject) => {
    ws.onopen = resolve;
    ws.closed.then(({ code }) => reject(new Error(`not opened: ${code}`)));
  });
  same(ws.extensions.startsWith("permessage-deflate"), compression);
  await scenario(ws);
  ws.close();
  await ws.closed;
};
(async () => {
  const report = [];
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      await play(scenario);
      report.push(`ok ${name}`);
    } catch (error) {
      report.push(`FAIL ${name}: ${error.message}`);
    }
  }
  done(report);
})();
"""


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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compression", action="store_true")
    parser.add_argument("url")
    options = parser.parse_args()
    page = options.url.replace("ws://", "http://", 1)
    with chromedriver() as driver, tempfile.TemporaryDirectory() as folder:
        with driver.browser([*ARGUMENTS, f"--user-data-dir={folder}"]) as session:
            driver.call("POST", f"{session}/url", {"url": page})
            origin = {"script": "return location.origin", "args": []}
            origin = driver.call("POST", f"{session}/execute/sync", origin)
            if origin != page.rstrip("/"):
                raise RuntimeError(f"the server's answer to a plain request is no page: its origin is {origin}")
            script = {"script": SCRIPT, "args": [options.url, options.compression]}
            for line in driver.call("POST", f"{session}/execute/async", script):
                print(line, flush=True)
    print("done", flush=True)


main()
