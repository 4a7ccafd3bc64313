#!/usr/bin/env bash
# New music from uploaded audio with curl. Environment: GATEWAY_BASE_URL, GATEWAY_API_KEY, GATEWAY_AUDIO.
set -euo pipefail

root="$GATEWAY_BASE_URL/api/v1/audio/music/upload-cover"
pause=${GATEWAY_POLL_SECONDS:-5} # the gateway asks for 5 to 10 seconds
patience=${GATEWAY_PATIENCE_SECONDS:-40}
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT

fail() {
    echo "$1" >&2
    exit 1
}

# Prints the body and then, in a line of its own, the status (000 without an answer). The key stays out of argv.
call() {
    curl --silent --show-error --max-time 30 --dump-header "$headers" --write-out '\n%{http_code}' \
        --header @<(echo "Authorization: Bearer $GATEWAY_API_KEY") "$@" || true
}

# Prints the value of a text field of a JSON text, the first of that name.
field() {
    sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" <<<"$2" | head -n 1
}

# Starting costs credits, so it is never repeated.
answer=$(call --header 'Content-Type: application/json' --data "{\"audio_id\": \"$GATEWAY_AUDIO\"}" "$root/generate")
[ "${answer##*$'\n'}" = 200 ] || fail "could not start, or nobody knows: $answer"
task=$(field task_id "$answer")

end=$((SECONDS + patience))
while ((SECONDS < end)); do
    sleep "$pause"
    answer=$(call --get --data-urlencode "task_id=$task" "$root/status")
    case ${answer##*$'\n'} in
    200) ;;
    000 | 429 | 5??)
        wait=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]*\).*/\1/p' "$headers")
        sleep "${wait:-0}"
        continue
        ;;
    *) fail "could not poll: $answer" ;;
    esac
    case $(field status "$answer") in
    complete)
        echo "$answer" | grep -o '"audio_url": *"[^"]*"'
        exit 0
        ;;
    failed) fail "the task failed" ;;
    esac
done
fail "the task took too long"
