// undici, the WebSocket of Node.js, as a client: see README.md for what it takes and prints. It offers compression always.

import { parseArgs } from "node:util";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.PEERS, "package.json"));
const { WebSocket } = require("undici");

const LIMIT = 20_000;

const scenarios = {
  text: (ws) => echoes(ws, "Hello, Server!"),
  empty_text: (ws) => echoes(ws, ""),
  multibyte_text: (ws) => echoes(ws, "κόσμε, 世界, 𝄞, \u{10ffff}"),
  binary: (ws) => echoes(ws, Uint8Array.from(Array(256).keys())),
  large_text: (ws) => echoes(ws, "0123456789".repeat(10_000)),
  large_binary: (ws) => echoes(ws, new Uint8Array(300_000).fill(7)),
  close: (ws) => closes(ws, 1000, ""),
  close_with_an_own_code: (ws) => closes(ws, 4001, "mine"),
};

async function echoes(ws, message) {
  const reply = new Promise((resolve, reject) => {
    ws.onmessage = ({ data }) => resolve(data);
    ws.closed.then(({ code }) => reject(new Error(`closed with ${code}`)));
  });
  ws.send(message);
  const got = await reply;
  if (typeof message === "string") {
    same(got, message);
  } else {
    same(Buffer.from(got).equals(Buffer.from(message)), true);
  }
}

async function closes(ws, code, reason) {
  ws.close(code, reason);
  const event = await ws.closed;
  same(event.code, code);
  same(event.wasClean, true);
}

function same(got, wanted) {
  if (got !== wanted) throw new Error(`got ${String(got).slice(0, 80)}, wanted ${String(wanted).slice(0, 80)}`);
}

async function open(url, compression) {
  const ws = new WebSocket(url);
  ws.binaryType = "arraybuffer";
  ws.closed = new Promise((resolve) => ws.addEventListener("close", resolve));
  await new Promise((resolve, reject) => {
    ws.onopen = resolve;
    ws.onerror = ({ error, message }) => reject(error ?? new Error(message));
  });
  same(ws.extensions.startsWith("permessage-deflate"), compression);
  return ws;
}

async function report(name, action) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished after ${LIMIT} ms`)), LIMIT);
  });
  try {
    await Promise.race([action(), late]);
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAIL ${name}: ${error.message}`);
  }
  clearTimeout(timer);
}

const { values, positionals } = parseArgs({
  options: { compression: { type: "boolean", default: false } },
  allowPositionals: true,
});
for (const [name, play] of Object.entries(scenarios)) {
  await report(name, async () => {
    const ws = await open(positionals[0], values.compression);
    await play(ws);
    ws.close();
    await ws.closed;
  });
}
console.log("done");
process.exit(0);
