<?php
// PHP without curl: stream contexts, $http_response_header, a webhook as an optional field that is null.
$root = getenv('GATEWAY_BASE_URL') . '/api/v1/audio/music/upload-cover';
$pause = (float) (getenv('PAUSE') ?: 5);

function send(string $method, string $url, ?array $body = null): array
{
    $headers = ['Authorization: Bearer ' . getenv('GATEWAY_API_KEY')];
    $http = ['method' => $method, 'ignore_errors' => true, 'timeout' => 30];
    if ($body !== null) {
        $headers[] = 'Content-Type: application/json';
        $http['content'] = json_encode($body, JSON_THROW_ON_ERROR);
    }
    $text = @file_get_contents($url, false, stream_context_create(['http' => $http + ['header' => $headers]]));
    $told = $http_response_header ?? [];
    $code = $told ? (int) explode(' ', $told[0])[1] : 0;
    $wait = preg_filter('/^retry-after:\s*(\d+)$/i', '$1', $told);
    return [$code, $code === 200 ? json_decode($text, true)['data'] : null, (float) (reset($wait) ?: 0)];
}

[$code, $data] = send('POST', "$root/generate", ['audio_id' => getenv('GATEWAY_AUDIO'), 'title' => null]);
if ($code !== 200) {
    fwrite(STDERR, "start: $code\n");
    exit(1);
}
$url = "$root/status?task_id=" . rawurlencode($data['task_id']);
$end = hrtime(true) + 60 * $pause * 1e9;
do {
    [$code, $data, $wait] = send('GET', $url);
    $state = $data['status'] ?? '';
    if ($state === 'complete') {
        exit(0);
    }
    if ($state === 'failed' || in_array($code, [400, 401, 402, 404], true)) {
        exit(1);
    }
    usleep((int) (max($pause, $wait) * 1e6));
} while (hrtime(true) < $end);
exit(1);
