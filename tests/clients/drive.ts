// Drives both flows with nothing but fetch and the types that openapi-typescript made: `drive.js URL KEY`.
import type { operations } from "./gateway.js";

type Ok<Name extends keyof operations> = operations[Name] extends {
  responses: { 200: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;
type Body<Name extends keyof operations> = operations[Name] extends {
  requestBody: { content: { "application/json": infer Body } };
}
  ? Body
  : never;
type Failure = operations["startCover"]["responses"][400]["content"]["application/json"];

const [url, key] = (globalThis as unknown as { process: { argv: string[] } }).process.argv.slice(2) as [string, string];
const base = `${url}/api/v1/audio/music`;
const mostPolls = 10;

async function send<T>(path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Authorization: `Bearer ${key}` };
  if (body === undefined) return (await (await fetch(base + path, { headers })).json()) as T;
  headers["Content-Type"] = "application/json";
  return (await (await fetch(base + path, { method: "POST", headers, body: JSON.stringify(body) })).json()) as T;
}

const request: Body<"startUploadCover"> = { audio_id: "aud", custom_mode: true, prompt: "la la" };
const music = (await send<Ok<"startUploadCover">>("/upload-cover/generate", request)).data.task_id;
let made = (await send<Ok<"getUploadCoverStatus">>(`/upload-cover/status?task_id=${music}`)).data;
for (let polls = 1; made.status !== "complete" && polls < mostPolls; polls++)
  made = (await send<Ok<"getUploadCoverStatus">>(`/upload-cover/status?task_id=${music}`)).data;

const wanted: Body<"startCover"> = { taskId: music };
const cover = (await send<Ok<"startCover">>("/cover/generate", wanted)).data.taskId;
let drawn = (await send<Ok<"getCoverStatus">>(`/cover/status?task_id=${cover}`)).data;
for (let polls = 1; drawn.status !== "SUCCESS" && polls < mostPolls; polls++)
  drawn = (await send<Ok<"getCoverStatus">>(`/cover/status?task_id=${cover}`)).data;

const again = await send<Failure>("/cover/generate", wanted);
console.log(made.status, made.clips.length, drawn.status, drawn.images.length, again.error.code);
