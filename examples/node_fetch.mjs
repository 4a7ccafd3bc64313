// Cover images with node's own fetch. Environment: GATEWAY_BASE_URL, GATEWAY_API_KEY, GATEWAY_MUSIC_TASK.
import { setTimeout as sleep } from "node:timers/promises";

const root = `${process.env.GATEWAY_BASE_URL}/api/v1/audio/music/cover`;
const pause = Number(process.env.GATEWAY_POLL_SECONDS ?? 5) * 1000; // the gateway asks for 5 to 10 seconds
const patience = Number(process.env.GATEWAY_PATIENCE_SECONDS ?? 40) * 1000;
const authorization = `Bearer ${process.env.GATEWAY_API_KEY}`;

function fail(message) {
  console.error(message);
  process.exit(1);
}

// Starting costs a credit, so it is never repeated.
async function start(musicTask) {
  const answer = await fetch(`${root}/generate`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ taskId: musicTask }),
    signal: AbortSignal.timeout(30_000),
  });
  if (answer.status !== 200) fail(`could not start: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).data.taskId;
}

// Returns the task as it is now, or nothing when it could not be read this time.
async function poll(task) {
  const query = new URLSearchParams({ task_id: task });
  let answer;
  try {
    answer = await fetch(`${root}/status?${query}`, { headers: { authorization }, signal: AbortSignal.timeout(30_000) });
  } catch {
    return undefined;
  }
  if (answer.status === 429 || answer.status >= 500) {
    await sleep(Number(answer.headers.get("retry-after") ?? 0) * 1000);
    return undefined;
  }
  if (answer.status !== 200) fail(`could not poll: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).data;
}

const task = await start(process.env.GATEWAY_MUSIC_TASK).catch((error) =>
  fail(`nobody knows whether the task was started: ${error.message}`),
);
const end = Date.now() + patience;
while (Date.now() < end) {
  await sleep(pause);
  const data = await poll(task);
  if (data?.status === "SUCCESS") {
    console.log(data.images.join("\n"));
    process.exit(0);
  }
  if (data?.status === "FAILED") fail("the task failed");
}
fail("the task took too long");
