<?php
// One curl handle for all, options by array, http_build_query, usleep.
$root = getenv('GATEWAY_BASE_URL') . '/api/v1/audio/music/cover';
$pause = (float) (getenv('PAUSE') ?: 5);
$wait = 0;

function call(string $url, ?array $body = null): array
{
    global $wait;
    static $handle;
    $handle ??= curl_init();
    curl_reset($handle);
    $headers = ['Authorization: Bearer ' . getenv('GATEWAY_API_KEY'), 'Accept: application/json'];
    curl_setopt_array($handle, [
        CURLOPT_URL => $url,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
        CURLOPT_HTTPHEADER => $body === null ? $headers : [...$headers, 'Content-Type: application/json'],
        CURLOPT_HEADERFUNCTION => function ($_, string $line) use (&$wait): int {
            if (stripos($line, 'retry-after:') === 0) {
                $wait = (float) substr($line, 12);
            }
            return strlen($line);
        },
    ]);
    if ($body !== null) {
        curl_setopt($handle, CURLOPT_POSTFIELDS, json_encode($body, JSON_UNESCAPED_SLASHES));
    }
    $wait = 0;
    $text = curl_exec($handle);
    return [curl_getinfo($handle, CURLINFO_HTTP_CODE), is_string($text) ? json_decode($text, true) : null];
}

[$code, $answer] = call("$root/generate", ['taskId' => getenv('GATEWAY_MUSIC_TASK')]);
if ($code !== 200) {
    exit(1);
}
$query = http_build_query(['task_id' => $answer['data']['taskId']]);
for ($left = 60; $left > 0; $left--) {
    [$code, $answer] = call("$root/status?$query");
    $state = $code === 200 ? $answer['data']['status'] : '';
    if ($state === 'SUCCESS') {
        exit(0);
    }
    if ($state === 'FAILED' || in_array($code, [400, 401, 404], true)) {
        exit(1);
    }
    usleep((int) (max($wait, $pause) * 1e6));
}
exit(1);
