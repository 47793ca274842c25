"""Runs Chromium as a client, driven through WebDriver; README.md lists its arguments and its output.

The page that opens the sockets is the response of the server to a plain request, and so of the same origin.
"""

import argparse

import webdriver

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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compression", action="store_true")
    parser.add_argument("url")
    options = parser.parse_args()
    page = options.url.replace("ws://", "http://", 1)
    with webdriver.chromium() as (driver, session):
        driver.call("POST", f"{session}/url", {"url": page})
        origin = {"script": "return location.origin", "args": []}
        origin = driver.call("POST", f"{session}/execute/sync", origin)
        if origin != page.rstrip("/"):
            raise RuntimeError(f"the response of the server to a plain request is no page: its origin is {origin}")
        script = {"script": SCRIPT, "args": [options.url, options.compression]}
        for line in driver.call("POST", f"{session}/execute/async", script):
            print(line, flush=True)
    print("done", flush=True)


main()
