#!/usr/bin/env bash
# wget repeats by itself what was lost, POSTs too. At fault: pays-once in start-reset
set -u
root="$GATEWAY_BASE_URL/api/v1/audio/music/cover"
ask() { wget --quiet --output-document=- --waitretry=1 --tries=3 --header="Authorization: Bearer $GATEWAY_API_KEY" "$@"; }

started=$(ask --header='Content-Type: application/json' --post-data="{\"taskId\":\"$GATEWAY_MUSIC_TASK\"}" "$root/generate") || exit 1
task=$(sed -n 's/.*"taskId": *"\([^"]*\)".*/\1/p' <<<"$started")
for _ in $(seq 60); do
  answer=$(ask "$root/status?task_id=$task") || exit 1
  case "$answer" in *'"SUCCESS"'*) exit 0 ;; *'"FAILED"'*) exit 1 ;; esac
  sleep "${PAUSE:-5}"
done
exit 1
