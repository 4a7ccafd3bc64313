// The event stream of a world, read by fetch: EventSource could send no token. A stream that breaks goes on from where
// it was; where none can be had, the caller polls until one can.

import { Problem, inWorld, send } from "./api.js";

const FIRST_WORD = 5000; // milliseconds in which a stream has to say its first word; a buffering proxy never lets it
const SILENCE = 40000; // milliseconds without a word, though the server says every 15 seconds that it is there
const PAUSE = 3000; // milliseconds until the next attempt
const RATE = 50; // events a second: more than anybody can read, and few enough to cost the mock nothing
const SLICE = 100; // events that are handed over at a time, so that the page can do other things in between

/**
 * Follow a world until `signal` aborts. `told(events)` gets `[{kind, data}]`; `became(state)` gets "live" or "polling".
 * Return when the world has ended, or is unknown.
 */
export async function follow(world, signal, told, became) {
  const place = { id: "" };
  for (;;) {
    await untilSeen(signal);
    if (signal.aborted) return;
    try {
      if (await readOne(world, signal, place, told, became)) return;
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return;
    }
    if (signal.aborted || document.hidden) continue;
    became("polling");
    await pause(PAUSE, signal);
  }
}

/** Wait while nobody sees the page: what happens meanwhile is told afterwards. */
function untilSeen(signal) {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look, { once: true });
    look();
  });
}

/** Read one stream to its end; return true when it was the world that ended. */
async function readOne(world, signal, place, told, became) {
  const own = new AbortController();
  const stop = () => own.abort();
  const stopUnseen = () => document.hidden && stop();
  signal.addEventListener("abort", stop, { once: true });
  document.addEventListener("visibilitychange", stopUnseen);
  let patience = setTimeout(stop, FIRST_WORD);
  try {
    const headers = { Accept: "text/event-stream", ...(place.id ? { "Last-Event-ID": place.id } : {}) };
    const response = await send(`${inWorld(world, "events")}?rate=${RATE}`, { headers, signal: own.signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return false;
      clearTimeout(patience);
      patience = setTimeout(stop, SILENCE);
      became("live");
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      if (await handOver(blocks, place, told)) return true;
    }
  } finally {
    clearTimeout(patience);
    signal.removeEventListener("abort", stop);
    document.removeEventListener("visibilitychange", stopUnseen);
    own.abort();
  }
}

async function handOver(blocks, place, told) {
  for (let start = 0; start < blocks.length; start += SLICE) {
    if (start) await new Promise((resolve) => setTimeout(resolve));
    const events = blocks.slice(start, start + SLICE).map((block) => read(block, place)).filter(Boolean);
    if (events.length) told(events);
    if (events.some((event) => event.kind === "end")) return true;
  }
  return false;
}

/** Read one event; remember the id from which another stream may go on. */
function read(block, place) {
  let kind = "";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("data: ")) data += line.slice(6);
    else if (line.startsWith("id: ")) place.id = line.slice(4);
  }
  return kind && data ? { kind, data: JSON.parse(data) } : null;
}

/** Wait, or until aborted. */
export function pause(millis, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, millis);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
