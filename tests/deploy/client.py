"""A browser's least: keeps cookies, follows nothing, speaks as if TLS ended in front of the server."""

import http.client
import json
import re
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    def __init__(self, base: str) -> None:
        self.host = urlsplit(base).netloc
        self.cookies: dict[str, str] = {}

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"X-Forwarded-Proto": "https", "Referer": f"https://{self.host}/"}
        if self.cookies:
            named["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body, named)
        response = connection.getresponse()
        for line in response.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        answer = Answer(response)
        connection.close()
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, **headers)

    def post_form(self, path: str, page: Answer, **fields: str) -> Answer:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, f"{path}: the page before it has no form"
        body = urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        return self.request("POST", path, body, Content_Type="application/x-www-form-urlencoded")

    def post_json(self, path: str, data: Any, **headers: str) -> Answer:
        if "csrftoken" in self.cookies:
            headers["X_CSRFToken"] = self.cookies["csrftoken"]
        headers["Content_Type"] = "application/json"
        return self.request("POST", path, json.dumps(data).encode(), **headers)
