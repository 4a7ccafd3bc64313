"""A session with an adapter that repeats GETs, as urllib3 does: back-off, Retry-After, a list of statuses."""

import os
import sys
import time

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

ROOT = f"{os.environ['GATEWAY_BASE_URL']}/api/v1/audio/music/cover"
PAUSE = float(os.environ.get("PAUSE", "5"))

session = requests.Session()
again = Retry(total=4, backoff_factor=PAUSE, status_forcelist=[429, 500, 502, 503, 504], allowed_methods=["GET"])
session.mount("http://", HTTPAdapter(max_retries=again, pool_maxsize=2))
session.headers.update({"Authorization": f"Bearer {os.environ['GATEWAY_API_KEY']}", "Accept": "application/json"})

started = session.post(f"{ROOT}/generate", json={"taskId": os.environ["GATEWAY_MUSIC_TASK"]}, timeout=(5, 30))
started.raise_for_status()
task = started.json()["data"]["taskId"]
for _ in range(60):
    answer = session.get(f"{ROOT}/status", params={"task_id": task}, timeout=(5, 30))
    answer.raise_for_status()
    data = answer.json()["data"]
    if data["status"] == "SUCCESS":
        for url in data["images"]:
            requests.head(url, timeout=30).raise_for_status()  # another host: not with this session
        sys.exit(0)
    if data["status"] == "FAILED":
        sys.exit("the task failed")
    time.sleep(PAUSE)
sys.exit("the task took too long")
