"""The same without pytest: `python -m unittest examples/test_with_unittest.py`."""

import json
import unittest
from urllib.request import Request, urlopen

from covermock.fixtures.unittest_case import GatewayTestCase


class CoverTest(GatewayTestCase):
    """Each test has a gateway of its own, and fails if the client broke the contract."""

    gateway_world = {"drive": "polls"}
    gateway_contract = True

    def test_a_cover_is_started(self):
        body = json.dumps({"taskId": self.gateway.music_task()}).encode()
        headers = {"Authorization": f"Bearer {self.gateway.api_key}", "Content-Type": "application/json"}
        url = f"{self.gateway.url}/api/v1/audio/music/cover/generate"
        with urlopen(Request(url, body, headers)) as answer:
            self.assertEqual(200, json.load(answer)["code"])


if __name__ == "__main__":
    unittest.main()
