// node:http with a keep-alive agent, the default headers of a well-known library, params, jitter, Retry-After.
const http = require("node:http");

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const root = `${process.env.GATEWAY_BASE_URL}/api/v1/audio/music/upload-cover`;
const pause = Number(process.env.PAUSE ?? 5) * 1000;
const common = {
  Accept: "application/json, text/plain, */*",
  "Accept-Encoding": "gzip, compress, deflate, br",
  "User-Agent": "shop/1.7",
  Authorization: `Bearer ${process.env.GATEWAY_API_KEY}`,
};

function send(method, url, body) {
  return new Promise((resolve, reject) => {
    const headers = body ? { ...common, "Content-Type": "application/json" } : common;
    const request = http.request(url, { method, agent, headers, timeout: 30_000 }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString();
        const ok = response.statusCode === 200;
        resolve({ status: response.statusCode, headers: response.headers, data: ok ? JSON.parse(text).data : null });
      });
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", reject);
    request.end(body);
  });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function main() {
  const wish = { audio_id: process.env.GATEWAY_AUDIO, custom_mode: true, prompt: "la\nla", style: "pop, jazz", title: "N°1" };
  const started = await send("POST", `${root}/generate`, JSON.stringify(wish));
  if (started.status !== 200) throw new Error(`start: ${started.status}`);
  for (let left = 60; left > 0; left--) {
    const params = new URLSearchParams({ task_id: started.data.task_id });
    const answer = await send("GET", `${root}/status?${params}`).catch(() => ({ status: 0, headers: {} }));
    if (answer.data?.status === "complete") return;
    if (answer.data?.status === "failed") throw new Error("failed");
    if ([400, 401, 404].includes(answer.status)) throw new Error(`poll: ${answer.status}`);
    await sleep(Number(answer.headers["retry-after"] ?? 0) * 1000 + pause * (0.8 + Math.random() / 2));
  }
  throw new Error("too long");
}

main()
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  })
  .finally(() => agent.destroy());
