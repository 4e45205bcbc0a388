// One file on its way. Owns: its state, and the one path start, resume and "after a closed browser" share.

import { api, insist, Lost, pause, Refusal, send } from "./http.js";
import { digest, fingerprint } from "./files.js";

const PARTS_AT_ONCE = 3;
const SIGNED_AT_ONCE = 20;
const FINAL = new Set(["received", "refused", "cancelled"]);

export class Job {
  constructor({ file, path }, context) {
    this.file = file;
    this.path = path;
    this.context = context; // {base, small, delivery(), description(job), changed(job)}
    this.state = "waiting";
    this.sent = 0;
    this.flying = new Map();
    this.suggestions = {};
  }

  get over() {
    return FINAL.has(this.state);
  }

  get running() {
    return this.state === "sending" || this.state === "checking";
  }

  /** Bytes that are safely there or on their way. */
  get progress() {
    const flying = [...this.flying.values()].reduce((sum, bytes) => sum + bytes, 0);
    return this.over && this.state === "received" ? this.file.size : Math.min(this.sent + flying, this.file.size);
  }

  become(state, more = {}) {
    Object.assign(this, { lost: null }, more, { state });
    this.context.changed(this);
  }

  pause() {
    if (this.over || this.state === "paused") return;
    this.abort?.abort(new DOMException("paused", "AbortError"));
    this.become("paused");
  }

  async cancel() {
    this.abort?.abort(new DOMException("cancelled", "AbortError"));
    this.become("cancelled");
    if (this.id) await api("DELETE", `${this.context.base}/uploads/${this.id}`).catch(() => {}); // the sweep takes it
  }

  /** Sends what the server does not have yet, and waits until the file is received or refused. */
  async run() {
    const abort = (this.abort = new AbortController());
    this.become("sending", { error: null });
    try {
      const upload = await this.insist(() => this.open());
      this.id = upload.id;
      if (upload.state === "OPEN") await (upload.mode === "multipart" ? this.sendParts(upload) : this.sendWhole());
      this.become("checking");
      await this.finish();
    } catch (error) {
      if (abort.signal.aborted) return; // paused or cancelled: the state is set already
      this.become("refused", { error: this.told(error) });
    }
  }

  told(error) {
    if (error instanceof Refusal) return error;
    return { code: error.name || "error", message: this.context.words.unreadable, advice: this.context.words.pickAgain };
  }

  insist(task) {
    const { signal } = this.abort;
    const mark = (lost) => {
      this.lost = lost;
      this.context.changed(this);
    };
    return insist(task, { signal, onLost: (error) => mark(error), onBack: () => mark(null) });
  }

  async open() {
    const { file, path, context } = this;
    await this.ready; // suggestions, which fill what the person left empty
    return api("POST", `${context.base}/uploads`, {
      signal: this.abort.signal,
      json: {
        file_name: file.name,
        path,
        size: file.size,
        fingerprint: (this.print ??= await fingerprint(file, path)),
        sha256: await digest(file, context.small),
        delivery_id: await context.delivery(),
        description: context.description(this),
      },
    });
  }

  async sendWhole() {
    const { signal } = this.abort;
    await this.insist(async () => {
      this.flying.clear();
      await api("PUT", `${this.context.base}/uploads/${this.id}/content`, {
        body: this.file,
        headers: { "Content-Type": "application/octet-stream" },
        signal,
        onProgress: (bytes) => this.fly(0, bytes),
      });
    });
    this.land(0, this.file.size);
  }

  async sendParts(upload) {
    const there = new Set(upload.parts.map((part) => part.number));
    const count = Math.ceil(this.file.size / upload.part_size);
    this.sent = upload.parts.reduce((sum, part) => sum + part.size, 0);
    this.flying.clear();
    this.context.changed(this);
    const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !there.has(number));
    const urls = new Map();
    const worker = async () => {
      for (let number = missing.shift(); number; number = missing.shift()) {
        await this.insist(() => this.sendPart(number, upload.part_size, urls, missing));
      }
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, worker));
  }

  async sendPart(number, size, urls, coming) {
    const { signal } = this.abort;
    if (!urls.has(number)) {
      const numbers = [number, ...coming.slice(0, SIGNED_AT_ONCE - 1)];
      const signed = await api("POST", `${this.context.base}/uploads/${this.id}/parts`, { json: { numbers }, signal });
      for (const { number: one, url } of signed.parts) urls.set(one, url);
    }
    const blob = this.file.slice((number - 1) * size, number * size);
    const answer = await send("PUT", urls.get(number), {
      body: blob,
      signal,
      onProgress: (bytes) => this.fly(number, bytes),
    }).finally(() => this.flying.delete(number));
    if (answer.status >= 300) {
      urls.delete(number); // an address that ran out is asked for anew
      throw answer.status === 404 ? new Refusal(404, { message: this.context.words.gone }) : new Lost();
    }
    this.land(number, blob.size);
  }

  fly(number, bytes) {
    this.flying.set(number, bytes);
    this.context.changed(this);
  }

  land(number, bytes) {
    this.flying.delete(number);
    this.sent += bytes;
    this.context.changed(this);
  }

  /** The server's own digests decide: asks until the file is received or refused. */
  async finish() {
    const { base } = this.context;
    const { signal } = this.abort;
    let answer = await this.insist(() => api("POST", `${base}/uploads/${this.id}/complete`, { signal }));
    for (let wait = 500; answer.state === "CHECKING"; wait = Math.min(wait * 1.5, 5000)) {
      await pause(wait, signal);
      answer = await this.insist(() => api("GET", `${base}/uploads/${this.id}`, { signal }));
    }
    if (answer.state !== "RECEIVED") throw new Refusal(409, answer.error);
    this.become("received", { intake: answer.intake });
  }
}
