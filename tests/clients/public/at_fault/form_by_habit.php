<?php
// An array as CURLOPT_POSTFIELDS is sent as a form, whatever the header says. At fault: json-body in happy
$handle = curl_init(getenv('GATEWAY_BASE_URL') . '/api/v1/audio/music/cover/generate');
curl_setopt_array($handle, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . getenv('GATEWAY_API_KEY'), 'Content-Type: application/json'],
    CURLOPT_POSTFIELDS => http_build_query(['taskId' => getenv('GATEWAY_MUSIC_TASK')]),
]);
curl_exec($handle);
exit(curl_getinfo($handle, CURLINFO_HTTP_CODE) === 200 ? 0 : 1);
