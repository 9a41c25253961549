// Requests to our own JSON endpoints: session, CSRF token, cancellation, one kind of error.

/** An answer that is not 2xx. `problem` is the RFC 9457 body where there was one. */
export class RequestError extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

function csrfToken() {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
}

/**
 * Fetch JSON. A body is sent as JSON; `signal` cancels; `key` lets the request be repeated without
 * being done twice. Throws RequestError for 4xx and 5xx,
 * TypeError when offline, AbortError when cancelled.
 */
export async function request(url, { method = "GET", body, signal, key } = {}) {
  const headers = { Accept: "application/json" };
  if (key) headers["Idempotency-Key"] = key;
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(url, {
    method, headers, signal, credentials: "same-origin",
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch { /* an error page, not JSON */ }
  if (!answer.ok) throw new RequestError(answer.status, data);
  return data;
}
