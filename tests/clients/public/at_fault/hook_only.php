<?php
// A socket for the webhook, and nothing else if it doesn't come. At fault: falls-back in webhook-lost
$hook = parse_url(getenv('GATEWAY_CALLBACK_BASE'));
$server = stream_socket_server("tcp://{$hook['host']}:{$hook['port']}");
$wish = ['audio_id' => getenv('GATEWAY_AUDIO'), 'callback_url' => getenv('GATEWAY_CALLBACK_BASE') . '/done'];
$headers = ['Content-Type: application/json', 'Authorization: Bearer ' . getenv('GATEWAY_API_KEY')];
$context = stream_context_create(['http' => ['method' => 'POST', 'header' => $headers, 'content' => json_encode($wish)]]);
if (!file_get_contents(getenv('GATEWAY_BASE_URL') . '/api/v1/audio/music/upload-cover/generate', false, $context)) {
    exit(1);
}
$line = @stream_socket_accept($server, 20 * (float) (getenv('PAUSE') ?: 5));
if (!$line) {
    fwrite(STDERR, "no webhook came\n");
    exit(1);
}
$length = 0;
while (($row = rtrim(fgets($line))) !== '') {
    if (stripos($row, 'content-length:') === 0) {
        $length = (int) substr($row, 15);
    }
}
$told = json_decode(stream_get_contents($line, $length), true);
fwrite($line, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
exit($told['data']['status'] === 'complete' ? 0 : 1);
