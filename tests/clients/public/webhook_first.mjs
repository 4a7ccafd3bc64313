// A server that answers webhooks with 202 and an empty object; after a while without one it polls.
import { createServer } from "node:http";
import { once } from "node:events";

const hook = new URL(process.env.GATEWAY_CALLBACK_BASE);
const root = `${process.env.GATEWAY_BASE_URL}/api/v1/audio/music/upload-cover`;
const pause = Number(process.env.PAUSE ?? 5) * 1000;
const Authorization = `Bearer ${process.env.GATEWAY_API_KEY}`;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let told;
const heard = new Promise((resolve) => (told = resolve));
const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    response.writeHead(202, { "content-type": "application/json" }).end("{}");
    told(JSON.parse(Buffer.concat(parts)).data.status);
  });
}).listen(Number(hook.port), hook.hostname);
await once(server, "listening");

async function poll(task) {
  for (let left = 60; left > 0; left--) {
    const answer = await fetch(`${root}/status?${new URLSearchParams({ task_id: task })}`, { headers: { Authorization } }).catch(() => null);
    const state = answer?.ok ? (await answer.json()).data.status : "";
    if (state === "complete" || state === "failed") return state;
    if ([400, 401, 404].includes(answer?.status)) return "failed";
    await sleep(Math.max(Number(answer?.headers.get("retry-after") ?? 0) * 1000, pause));
  }
  return "too long";
}

async function main() {
  const body = { audio_id: process.env.GATEWAY_AUDIO, callback_url: new URL("/hooks/covers", hook).href, style: null };
  const answer = await fetch(`${root}/generate`, {
    method: "POST",
    headers: { Authorization, "Content-Type": "application/json;charset=UTF-8" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`start: ${answer.status}`);
  const { task_id } = (await answer.json()).data;
  const state = await Promise.race([heard, sleep(pause * 25).then(() => poll(task_id))]);
  if (state !== "complete") throw new Error(state);
}

const code = await main().then(() => 0, (error) => (console.error(error.message), 1));
process.exit(code);
