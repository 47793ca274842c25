// npm's ws as a client: see README.md for what it takes and prints.

import { parseArgs } from "node:util";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.PEERS, "package.json"));
const WebSocket = require("ws");

const LIMIT = 20_000;

const scenarios = {
  text: (ws) => echoes(ws, "Hello, Server!"),
  empty_text: async (ws) => {
    await echoes(ws, "");
    await echoes(ws, "after");
  },
  empty_binary: async (ws) => {
    await echoes(ws, Buffer.alloc(0));
    await echoes(ws, Buffer.from("after"));
  },
  multibyte_text: (ws) => echoes(ws, "κόσμε, 世界, 𝄞, \u{10ffff}"),
  binary: (ws) => echoes(ws, Buffer.from([...Array(256).keys()])),
  large_text: (ws) => echoes(ws, "0123456789".repeat(10_000)),
  large_binary: (ws) => echoes(ws, noise(300_000)),
  fragments: async (ws) => {
    ws.send("one, ", { fin: false });
    ws.send("", { fin: false });
    ws.send("two, ", { fin: false });
    ws.send("three", { fin: true });
    same(await received(ws), "one, two, three");
  },
  ping: (ws) => pongs(ws, "payload"),
  ping_between_fragments: async (ws) => {
    ws.send("be", { fin: false });
    await pongs(ws, "between");
    ws.send("tween", { fin: true });
    same(await received(ws), "between");
  },
  a_thousand_messages: async (ws) => {
    const text = (number) => `message ${number} ${".".repeat(number % 200)}`;
    for (let number = 0; number < 1000; number++) ws.send(text(number));
    for (let number = 0; number < 1000; number++) same(await received(ws), text(number));
  },
  close: (ws) => closes(ws, 1000, ""),
  close_with_a_reason: (ws) => closes(ws, 1001, "going, going, gone ✓"),
  close_with_an_own_code: (ws) => closes(ws, 4001, "mine"),
  terminate: async (ws) => ws.terminate(),
};

function noise(length) {
  const bytes = Buffer.alloc(length);
  for (let index = 0, state = 1; index < length; index++) {
    state = (state * 48271) % 0x7fffffff;
    bytes[index] = state;
  }
  return bytes;
}

async function echoes(ws, message) {
  ws.send(message);
  same(await received(ws), message);
}

async function pongs(ws, payload) {
  const pong = new Promise((resolve) => ws.once("pong", resolve));
  ws.ping(payload);
  same((await pong).toString(), payload);
}

async function closes(ws, code, reason) {
  ws.close(code, reason);
  same((await ws.closed).code, code);
}

function received(ws) {
  if (ws.inbox.length > 0) return ws.inbox.shift();
  return new Promise((resolve, reject) => {
    ws.waiting = resolve;
    ws.closed.then(({ code }) => reject(new Error(`closed with ${code}`)));
  });
}

function same(got, wanted) {
  const equal = Buffer.isBuffer(wanted) ? Buffer.isBuffer(got) && wanted.equals(got) : got === wanted;
  if (!equal) throw new Error(`got ${String(got).slice(0, 80)}, wanted ${String(wanted).slice(0, 80)}`);
}

async function open(url, compression) {
  const ws = new WebSocket(url, { perMessageDeflate: compression, maxPayload: 0 });
  ws.inbox = [];
  ws.on("message", (data, isBinary) => {
    const message = isBinary ? data : data.toString();
    if (ws.waiting) ws.waiting(message);
    else ws.inbox.push(message);
    ws.waiting = undefined;
  });
  ws.closed = new Promise((resolve) => {
    ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise((resolve, reject) => ws.on("open", resolve).on("error", reject));
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
  options: { compression: { type: "boolean", default: false }, wait: { type: "boolean" } },
  allowPositionals: true,
});
const [url] = positionals;
if (values.wait) {
  await report("server_goes_away", async () => {
    const ws = await open(url, values.compression);
    console.log("connected");
    same((await ws.closed).code, 1001);
  });
} else {
  for (const [name, play] of Object.entries(scenarios)) {
    await report(name, async () => {
      const ws = await open(url, values.compression);
      await play(ws);
      ws.close();
      await ws.closed;
    });
  }
}
console.log("done");
process.exit(0);
