// HttpClient with a source of cancellation, both kinds of tasks at once by Task.WhenAll; the body waits for 100.
using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

static class Watchers {
    static readonly double Pause = double.Parse(Environment.GetEnvironmentVariable("PAUSE") ?? "5",
        System.Globalization.CultureInfo.InvariantCulture);
    static readonly string Root = Environment.GetEnvironmentVariable("GATEWAY_BASE_URL") + "/api/v1/audio/music/";
    static readonly HttpClient Client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };

    static string Field(string name, string json) =>
        Regex.Match(json, "\"" + name + "\":\\s*\"([^\"]*)\"").Groups[1].Value;

    static async Task Cover(string kind, string name, string source, string told, CancellationToken token) {
        var body = "{\"" + name + "\": \"" + Environment.GetEnvironmentVariable(source) + "\"}";
        var started = await Client.PostAsync(Root + kind + "/generate",
            new StringContent(body, Encoding.UTF8, "application/json"), token);
        started.EnsureSuccessStatusCode();
        var task = Uri.EscapeDataString(Field(told, await started.Content.ReadAsStringAsync()));
        while (true) {
            var wait = TimeSpan.FromSeconds(Pause);
            try {
                var answer = await Client.GetAsync(Root + kind + "/status?task_id=" + task, token);
                if ((int)answer.StatusCode < 500 && (int)answer.StatusCode != 429) answer.EnsureSuccessStatusCode();
                var state = Field("status", await answer.Content.ReadAsStringAsync());
                if (state == "SUCCESS" || state == "complete") return;
                if (state == "FAILED" || state == "failed") throw new InvalidOperationException("the task failed");
                var asked = answer.Headers.RetryAfter?.Delta;
                if (asked > wait) wait = asked.Value;
            } catch (HttpRequestException lost) when (lost.InnerException != null) { }
            await Task.Delay(wait, token);
        }
    }

    static int Main() {
        var key = Environment.GetEnvironmentVariable("GATEWAY_API_KEY");
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using (var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60 * Pause)))
            try {
                Task.WhenAll(Cover("cover", "taskId", "GATEWAY_MUSIC_TASK", "taskId", deadline.Token),
                    Cover("upload-cover", "audio_id", "GATEWAY_AUDIO", "task_id", deadline.Token)).GetAwaiter().GetResult();
                return 0;
            } catch (Exception failed) {
                Console.Error.WriteLine(failed.Message);
                return 1;
            }
    }
}
