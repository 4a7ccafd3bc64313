# Tcl's event loop: geturl with a callback, the next look by `after`, keep-alive; every request names its own type.
package require http
http::config -useragent "radio/2.0" -urlencoding utf-8
set root $env(GATEWAY_BASE_URL)/api/v1/audio/music/cover
set pause [expr {int(1000 * ([info exists env(PAUSE)] ? $env(PAUSE) : 5))}]
set key [list Authorization "Bearer $env(GATEWAY_API_KEY)"]
set left 60

proc field {name text} {
    return [expr {[regexp "\"$name\":\\s*\"(\[^\"\]*)\"" $text -> value] ? $value : ""}]
}

proc look {} {
    http::geturl "$::root/status?[http::formatQuery task_id $::task]" \
        -headers $::key -keepalive 1 -timeout 30000 -command seen
}

proc seen {token} {
    set code [http::ncode $token]
    set state [expr {$code == 200 ? [field status [http::data $token]] : ""}]
    set wait $::pause
    foreach {name value} [http::meta $token] {
        if {[string equal -nocase $name retry-after]} { set wait [expr {max($wait, 1000 * $value)}] }
    }
    http::cleanup $token
    if {$state eq "SUCCESS"} { set ::ended 0; return }
    if {$state eq "FAILED" || $code in {400 401 404} || [incr ::left -1] < 0} { set ::ended 1; return }
    after $wait look
}

set token [http::geturl $root/generate -headers $key -type application/json -timeout 30000 \
    -query [encoding convertto utf-8 "{\"taskId\": \"$env(GATEWAY_MUSIC_TASK)\"}"]]
if {[http::ncode $token] != 200} { puts stderr "start: [http::code $token]"; exit 1 }
set task [field taskId [http::data $token]]
http::cleanup $token
look
vwait ended
exit $ended
