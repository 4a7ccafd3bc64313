// A service class with one request method: the same headers for all, an error for all that is not ok, sixty attempts.
const pause = Number(process.env.PAUSE ?? 5) * 1000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class CoverService {
  async request(endpoint, options = {}) {
    const headers = { Authorization: `Bearer ${process.env.GATEWAY_API_KEY}`, "Content-Type": "application/json" };
    const response = await fetch(`${process.env.GATEWAY_BASE_URL}/api/v1/audio/music/cover${endpoint}`, {
      ...options,
      headers: { ...headers, ...options.headers },
    });
    if (!response.ok) {
      const told = await response.json().catch(() => ({}));
      const error = new Error(told.error?.message ?? `HTTP ${response.status}`);
      error.status = response.status;
      error.wait = Number(response.headers.get("Retry-After") ?? 0) * 1000;
      throw error;
    }
    return (await response.json()).data;
  }

  create(taskId) {
    return this.request("/generate", { method: "POST", body: JSON.stringify({ taskId }) });
  }

  async waitFor(taskId) {
    for (let attempt = 0; attempt < 60; attempt++) {
      try {
        const data = await this.request(`/status?task_id=${encodeURIComponent(taskId)}`);
        if (data.status === "SUCCESS") return data.images ?? [];
        if (data.status === "FAILED") throw Object.assign(new Error("generation failed"), { status: 422 });
      } catch (error) {
        if (error.status >= 400 && error.status < 500 && error.status !== 429) throw error;
        await sleep(error.wait ?? 0);
      }
      await sleep(pause);
    }
    throw new Error("timeout");
  }
}

const service = new CoverService();
try {
  const { taskId } = await service.create(process.env.GATEWAY_MUSIC_TASK);
  const images = await service.waitFor(taskId);
  await Promise.all(images.map((url) => fetch(url, { method: "HEAD" })));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
