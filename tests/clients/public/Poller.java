import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/** java.net.http, which offers HTTP/2 with each request, and a scheduler with a fixed delay. */
class Poller {
    static final String ROOT = System.getenv("GATEWAY_BASE_URL") + "/api/v1/audio/music/cover";
    static final long PAUSE = (long) (Double.parseDouble(System.getenv().getOrDefault("PAUSE", "5")) * 1000);
    static final HttpClient CLIENT = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

    static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(ROOT + path)).timeout(Duration.ofSeconds(30))
            .header("Authorization", "Bearer " + System.getenv("GATEWAY_API_KEY"));
    }

    static String field(String name, String json) {
        var found = Pattern.compile("\"" + name + "\":\\s*\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    public static void main(String[] args) throws Exception {
        var body = "{\"taskId\": \"" + System.getenv("GATEWAY_MUSIC_TASK") + "\"}";
        var started = CLIENT.send(request("/generate").header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
        if (started.statusCode() != 200) System.exit(1);
        var query = "/status?task_id=" + URLEncoder.encode(field("taskId", started.body()), StandardCharsets.UTF_8);
        var ended = new CompletableFuture<Integer>();
        var free = new long[] {0};
        var scheduler = Executors.newSingleThreadScheduledExecutor();
        scheduler.scheduleWithFixedDelay(() -> {
            if (System.currentTimeMillis() < free[0]) return;
            try {
                var answer = CLIENT.send(request(query).GET().build(), BodyHandlers.ofString());
                var code = answer.statusCode();
                var state = code == 200 ? field("status", answer.body()) : "";
                if (state.equals("SUCCESS")) ended.complete(0);
                if (state.equals("FAILED") || (code >= 400 && code < 500 && code != 429)) ended.complete(1);
                answer.headers().firstValueAsLong("Retry-After")
                    .ifPresent(seconds -> free[0] = System.currentTimeMillis() + seconds * 1000);
            } catch (Exception lost) {
                System.err.println(lost);
            }
        }, 0, PAUSE, TimeUnit.MILLISECONDS);
        System.exit(ended.completeOnTimeout(1, PAUSE * 60, TimeUnit.MILLISECONDS).get());
    }
}
