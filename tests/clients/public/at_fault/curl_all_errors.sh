#!/usr/bin/env bash
# curl --retry-all-errors for whatever there is. At fault: no-hopeless-repeat, pays-once in start-breaks
set -u
root="$GATEWAY_BASE_URL/api/v1/audio/music/cover"
ask() { curl --silent --fail --retry 2 --retry-delay 1 --retry-all-errors -H "Authorization: Bearer $GATEWAY_API_KEY" "$@"; }

started=$(ask -H 'Content-Type: application/json' -d "{\"taskId\":\"$GATEWAY_MUSIC_TASK\"}" "$root/generate") || exit 1
task=$(sed -n 's/.*"taskId": *"\([^"]*\)".*/\1/p' <<<"$started")
for _ in $(seq 60); do
  answer=$(ask -G --data-urlencode "task_id=$task" "$root/status") || exit 1
  case "$answer" in *'"SUCCESS"'*) exit 0 ;; *'"FAILED"'*) exit 1 ;; esac
  sleep "${PAUSE:-5}"
done
exit 1
