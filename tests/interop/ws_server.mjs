// npm's ws as an echo server: see README.md for what it takes and does.

import { parseArgs } from "node:util";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.PEERS, "package.json"));
const { WebSocketServer } = require("ws");

const { values } = parseArgs({ options: { compression: { type: "boolean", default: false } } });

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  maxPayload: 0,
  perMessageDeflate: values.compression,
});

server.on("listening", () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));

server.on("connection", (ws) => {
  ws.on("error", () => {}); // the close event follows
  ws.on("message", (data, isBinary) => {
    const text = isBinary ? "" : data.toString();
    const close = /^close (\d+) (.*)$/.exec(text);
    if (close) {
      ws.close(Number(close[1]), close[2]);
    } else if (text === "ping") {
      ws.once("pong", () => ws.send("pong seen"));
      ws.ping("from the server");
    } else if (text === "fragments") {
      ws.send("one, ", { fin: false });
      ws.send("two, ", { fin: false });
      ws.send("three", { fin: true });
    } else {
      ws.send(data, { binary: isBinary });
    }
  });
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => process.exit(0));
}
