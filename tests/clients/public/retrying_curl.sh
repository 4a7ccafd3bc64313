#!/usr/bin/env bash
# curl that repeats GETs by itself, with its own reading of Retry-After; JSON from a here-document, state by grep.
set -u
root="$GATEWAY_BASE_URL/api/v1/audio/music/cover"
started=$(curl --silent --show-error --fail --max-time 30 "$root/generate" \
  -H "Authorization: Bearer $GATEWAY_API_KEY" -H 'Content-Type: application/json' --data-binary @- <<JSON
{
  "taskId": "$GATEWAY_MUSIC_TASK"
}
JSON
) || exit 1
task=$(printf %s "$started" | sed -n 's/.*"taskId": *"\([^"]*\)".*/\1/p')
for _ in $(seq 60); do
  sleep "${PAUSE:-5}"
  answer=$(curl --silent --get --max-time 30 --retry 3 --retry-delay 0 --retry-max-time 60 --write-out '\n%{http_code}' \
    -H "Authorization: Bearer $GATEWAY_API_KEY" --data-urlencode "task_id=$task" "$root/status") || continue
  case "$answer" in
  *'"SUCCESS"'*200) exit 0 ;;
  *'"FAILED"'*200) echo "the task failed" >&2; exit 1 ;;
  *40[014]) exit 1 ;;
  esac
done
exit 1
