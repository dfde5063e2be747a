// Requests to the rater endpoints. A Refusal is the server's considered no; any other error means "try again".

export class Refusal extends Error {
  constructor(status, body) {
    super(body.message || "The server refused this.");
    this.status = status;
    this.code = body.code;
    this.mend = body.mend || "";
  }
}

const PASSING = new Set([408, 425, 429]);
const TIMEOUT_MS = 20000;

// The cookie rather than the page's field: logging in or out in another tab changes it meanwhile.
const csrfToken = () =>
  document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

export const request = async (url, body) => {
  const post = body !== undefined;
  const headers = { Accept: "application/json" };
  if (post) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": csrfToken() });
  const response = await fetch(url, {
    method: post ? "POST" : "GET",
    headers,
    body: post ? JSON.stringify(body) : undefined,
    credentials: "same-origin",
    cache: "no-store",
    // A vote on its way survives the closing of the tab.
    keepalive: post,
    signal: AbortSignal.timeout?.(TIMEOUT_MS),
  });
  if (response.status >= 500 || PASSING.has(response.status)) throw new Error(`status ${response.status}`);
  // A captive portal answers 200 with its own page: that is no answer of ours, and the vote stays kept.
  const reply = await response.json();
  if (!response.ok && !reply.code) throw new Error(`status ${response.status}`);
  if (!response.ok) throw new Refusal(response.status, reply);
  return reply;
};
