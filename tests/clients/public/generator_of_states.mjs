// An async generator of states with an abort signal for the whole, and a preflight and a health check before the start.
const base = process.env.GATEWAY_BASE_URL;
const pause = Number(process.env.PAUSE ?? 5) * 1000;
const Authorization = `Bearer ${process.env.GATEWAY_API_KEY}`;
const cover = `${base}/api/v1/audio/music/cover`;

async function* states(task, signal) {
  while (!signal.aborted) {
    const url = new URL(`${cover}/status`);
    url.searchParams.set("task_id", task);
    let answer;
    try {
      answer = await fetch(url, { headers: { Authorization }, signal, cache: "no-store" });
    } catch {
      if (signal.aborted) return;
    }
    if (answer?.ok) yield (await answer.json()).data;
    else if (answer && answer.status < 500 && answer.status !== 429) throw new Error(`poll: ${answer.status}`);
    const wait = Number(answer?.headers.get("retry-after") ?? 0) * 1000;
    await new Promise((resolve) => setTimeout(resolve, Math.max(wait, pause)));
  }
}

async function main() {
  await fetch(base, { method: "HEAD" });
  await fetch(`${cover}/generate`, { method: "OPTIONS", headers: { "access-control-request-method": "POST" } });
  const answer = await fetch(`${cover}/generate`, {
    method: "POST",
    headers: { Authorization, "content-type": "application/json" },
    body: JSON.stringify({ taskId: process.env.GATEWAY_MUSIC_TASK, callback_url: undefined }),
  });
  if (!answer.ok) throw new Error(`start: ${answer.status}`);
  const { taskId } = (await answer.json()).data;
  for await (const data of states(taskId, AbortSignal.timeout(pause * 60))) {
    if (data.status === "SUCCESS") return;
    if (data.status === "FAILED") throw new Error("failed");
  }
  throw new Error("too long");
}

await main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
