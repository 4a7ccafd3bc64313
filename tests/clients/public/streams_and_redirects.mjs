// fetch with a stream for a body (chunked), redirects refused, one signal for all; the task is read once more at the end.
const root = `${process.env.GATEWAY_BASE_URL}/api/v1/audio/music/upload-cover`;
const pause = Number(process.env.PAUSE ?? 5) * 1000;
const deadline = AbortSignal.timeout(pause * 60);
const headers = new Headers({ Authorization: `Bearer ${process.env.GATEWAY_API_KEY}`, "Cache-Control": "no-store" });

const body = new ReadableStream({
  start(control) {
    const text = JSON.stringify({ audio_id: process.env.GATEWAY_AUDIO, title: "Ä/\u2028𝄞" });
    for (const part of [text.slice(0, 7), text.slice(7)]) control.enqueue(new TextEncoder().encode(part));
    control.close();
  },
});

async function look(task) {
  const place = new URL(`${root}/status`);
  place.searchParams.set("task_id", task);
  const answer = await fetch(place, { headers, redirect: "error", signal: deadline }).catch((lost) => {
    if (deadline.aborted) throw lost;
  });
  if ([400, 401, 402, 404].includes(answer?.status)) throw new Error(`poll: ${answer.status}`);
  const wait = Math.max(Number(answer?.headers.get("retry-after")) * 1000 || 0, pause);
  return { wait, state: answer?.ok ? (await answer.json()).data.status : "" };
}

async function main() {
  const answer = await fetch(`${root}/generate`, {
    method: "POST", duplex: "half", redirect: "error", body,
    headers: { ...Object.fromEntries(headers), "content-type": "application/json" },
  });
  if (!answer.ok) throw new Error(`start: ${answer.status}`);
  const { task_id } = (await answer.json()).data;
  for (;;) {
    const { wait, state } = await look(task_id);
    if (state === "failed") throw new Error("the task failed");
    if (state === "complete") return void (await look(task_id));
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

process.exit(await main().then(() => 0, (error) => (console.error(error.message), 1)));
