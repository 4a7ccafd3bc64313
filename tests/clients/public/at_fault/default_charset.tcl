# A text goes out in the encoding of the channel, which is no UTF-8. At fault: json-body in happy
package require http
set wish [encoding convertto iso8859-1 "{\"audio_id\": \"$env(GATEWAY_AUDIO)\", \"title\": \"Caf\u00e9\"}"]
set token [http::geturl $env(GATEWAY_BASE_URL)/api/v1/audio/music/upload-cover/generate -type application/json \
    -headers [list Authorization "Bearer $env(GATEWAY_API_KEY)"] -query $wish]
exit [expr {[http::ncode $token] != 200}]
