import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** HTTP/1.1 alone, redirects followed, both kinds of tasks at once, the next look by a delayed executor. */
class Promises {
    static final String ROOT = System.getenv("GATEWAY_BASE_URL") + "/api/v1/audio/music/";
    static final long PAUSE = (long) (Double.parseDouble(System.getenv().getOrDefault("PAUSE", "5")) * 1000);
    static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NORMAL).connectTimeout(Duration.ofSeconds(10)).build();

    static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(ROOT + path)).timeout(Duration.ofSeconds(30))
            .header("Authorization", "Bearer " + System.getenv("GATEWAY_API_KEY"));
    }

    static String field(String names, String json) {
        var found = Pattern.compile("\"(?:" + names + ")\":\\s*\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    static CompletableFuture<String> start(String kind, String name, String source) {
        var body = "{\"" + name + "\": \"" + System.getenv(source) + "\"}";
        return CLIENT.sendAsync(request(kind + "/generate").header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)).build(), BodyHandlers.ofString()).thenApply(answer -> {
                if (answer.statusCode() != 200) throw new IllegalStateException("start: " + answer.statusCode());
                return field("taskId|task_id", answer.body());
            });
    }

    static CompletableFuture<Void> watch(String kind, String task, int left) {
        if (left == 0) return CompletableFuture.failedFuture(new IllegalStateException("the task took too long"));
        var path = kind + "/status?task_id=" + URLEncoder.encode(task, StandardCharsets.UTF_8);
        return CLIENT.sendAsync(request(path).build(), BodyHandlers.ofString())
            .<HttpResponse<String>>handle((answer, lost) -> answer).thenCompose(answer -> {
                var code = answer == null ? 0 : answer.statusCode();
                var state = code == 200 ? field("status", answer.body()) : "";
                if (state.equals("SUCCESS") || state.equals("complete")) return CompletableFuture.completedFuture(null);
                if (state.equalsIgnoreCase("failed") || (code >= 400 && code < 500 && code != 429))
                    return CompletableFuture.failedFuture(new IllegalStateException("poll: " + code + " " + state));
                var asked = answer == null ? 0 : answer.headers().firstValueAsLong("Retry-After").orElse(0) * 1000;
                var later = CompletableFuture.delayedExecutor(Math.max(asked, PAUSE), TimeUnit.MILLISECONDS);
                return CompletableFuture.supplyAsync(() -> watch(kind, task, left - 1), later).thenCompose(next -> next);
            });
    }

    public static void main(String[] args) {
        var jobs = List.of(
            start("cover", "taskId", "GATEWAY_MUSIC_TASK").thenCompose(task -> watch("cover", task, 60)),
            start("upload-cover", "audio_id", "GATEWAY_AUDIO").thenCompose(task -> watch("upload-cover", task, 60)));
        try {
            CompletableFuture.allOf(jobs.toArray(new CompletableFuture<?>[0])).join();
        } catch (RuntimeException failed) {
            System.err.println(failed.getCause());
            System.exit(1);
        }
    }
}
