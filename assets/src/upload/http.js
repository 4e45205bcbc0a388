// Talks to the API and to the object store. Owns: errors, retry with back-off, waiting for the network.

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;
const MOST_FAULTS = 4;

/** The server said no, in words a person can read. Trying again will not help. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body?.message || `HTTP ${status}`);
    this.status = status;
    this.code = body?.code || `http-${status}`;
    this.advice = body?.advice || "";
  }
}

/** The line or a service is down: worth trying again. `fault` is set when the server itself failed. */
export class Lost extends Error {
  constructor(message = "", fault = null) {
    super(message);
    this.fault = fault;
  }
}

function csrf() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
}

/** One request; resolves to {status, body}. Progress is told in bytes. */
export function send(method, url, { body = null, headers = {}, signal, onProgress } = {}) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onProgress) request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => resolve({ status: request.status, body: request.responseText });
    request.onerror = () => reject(new Lost());
    request.onabort = () => reject(signal?.reason || new DOMException("", "AbortError"));
    request.onloadend = () => signal?.removeEventListener("abort", stop);
    signal?.addEventListener("abort", stop);
    request.send(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A request to our API; `json` goes as JSON, `body` as it is. */
export async function api(method, url, { json, body = null, headers = {}, ...rest } = {}) {
  const all = { "X-CSRFToken": csrf(), Accept: "application/json", ...headers };
  if (json !== undefined) all["Content-Type"] = "application/json";
  const answer = await send(method, url, { body: json === undefined ? body : JSON.stringify(json), headers: all, ...rest });
  const data = parsed(answer.body);
  if (answer.status < 300) return data;
  if (answer.status === 500) throw new Lost(data?.message, new Refusal(500, data));
  if (answer.status > 500 || answer.status === 429) throw new Lost(data?.message);
  throw new Refusal(answer.status, data);
}

/** Resolves after `milliseconds`, or as soon as the network is back; rejects when `signal` is aborted. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      clearTimeout(timer);
      removeEventListener("online", woken);
      signal?.removeEventListener("abort", stopped);
      settle(value);
    };
    const woken = () => end(resolve);
    const stopped = () => end(reject, signal.reason);
    const timer = setTimeout(woken, navigator.onLine ? milliseconds : LONGEST_WAIT);
    addEventListener("online", woken);
    if (signal?.aborted) stopped();
    else signal?.addEventListener("abort", stopped);
  });
}

/** Runs `task` until it does not lose its connection. `onLost(error)` is told before each wait. */
export async function insist(task, { signal, onLost = () => {}, onBack = () => {} } = {}) {
  let faults = 0;
  for (let wait = FIRST_WAIT, lost = false; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    try {
      const result = await task();
      if (lost) onBack();
      return result;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      if (error.fault && ++faults >= MOST_FAULTS) throw error.fault; // it would fail for ever
      lost = true;
      onLost(error);
      await pause(wait * (0.75 + Math.random() / 2), signal); // spread, so that a hundred browsers do not come at once
    }
  }
}
