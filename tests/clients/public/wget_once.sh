#!/usr/bin/env bash
# wget, whose POSTs are sent once (by itself it repeats them), a proxy in the environment, an exception for this host.
set -u
export http_proxy="http://127.0.0.1:9" no_proxy="127.0.0.1,localhost"
root="$GATEWAY_BASE_URL/api/v1/audio/music/upload-cover"
ask() { wget --quiet --output-document=- --timeout=30 --tries=1 --header="Authorization: Bearer $GATEWAY_API_KEY" "$@"; }

started=$(ask --header='Content-Type: application/json' --post-data="{\"audio_id\":\"$GATEWAY_AUDIO\"}" "$root/generate") || exit 1
task=$(sed -n 's/.*"task_id": *"\([^"]*\)".*/\1/p' <<<"$started")
task=${task//%/%25}; task=${task//+/%2B}; task=${task//&/%26}; task=${task//\#/%23}; task=${task// /%20}
for _ in $(seq 60); do
  sleep "${PAUSE:-5}"
  answer=$(ask --server-response "$root/status?task_id=$task" 2>&1)
  case $?-$answer in
  0-*'"complete"'*) exit 0 ;;
  0-*'"failed"'* | 6-* | *' 40'[0-4]' '*) exit 1 ;;
  *Retry-After:*) sleep "$(sed -n 's/.*[Rr]etry-[Aa]fter: *\([0-9]*\).*/\1/p' <<<"$answer" | head -1)" ;;
  esac
done
exit 1
