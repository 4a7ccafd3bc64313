// Recursion without a pause: the answer is the pause. At fault: no-busy-loop in never-ends
const root = `${process.env.GATEWAY_BASE_URL}/api/v1/audio/music/cover`;
const headers = { Authorization: `Bearer ${process.env.GATEWAY_API_KEY}`, "Content-Type": "application/json" };
const data = async (answer) => (await answer).json().then((value) => value.data);
const { taskId } = await data(fetch(`${root}/generate`, { method: "POST", headers, body: JSON.stringify({ taskId: process.env.GATEWAY_MUSIC_TASK }) }));

const until = async (left) => {
  const { status } = await data(fetch(`${root}/status?task_id=${encodeURIComponent(taskId)}`, { headers }));
  return ["SUCCESS", "FAILED"].includes(status) || !left ? status : until(left - 1);
};
process.exit((await until(600)) === "SUCCESS" ? 0 : 1);
