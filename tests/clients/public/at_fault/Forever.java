import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

/** Waits for success, and for nothing else. At fault: stops-at-the-end in task-fails */
class Forever {
    static final String ROOT = System.getenv("GATEWAY_BASE_URL") + "/api/v1/audio/music/cover";
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    static String send(String path, HttpRequest.BodyPublisher body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(ROOT + path)).header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + System.getenv("GATEWAY_API_KEY"));
        return CLIENT.send((body == null ? request : request.POST(body)).build(), BodyHandlers.ofString()).body();
    }

    public static void main(String[] args) throws Exception {
        var wish = "{\"taskId\": \"" + System.getenv("GATEWAY_MUSIC_TASK") + "\"}";
        var task = send("/generate", HttpRequest.BodyPublishers.ofString(wish)).split("\"taskId\":\"")[1].split("\"")[0];
        var query = "/status?task_id=" + URLEncoder.encode(task, StandardCharsets.UTF_8);
        for (var left = 60; left > 0; left--) {
            if (send(query, null).contains("SUCCESS")) return;
            Thread.sleep((long) (Double.parseDouble(System.getenv().getOrDefault("PAUSE", "5")) * 1000));
        }
        System.exit(1);
    }
}
