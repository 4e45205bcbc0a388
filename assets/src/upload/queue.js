// All files of the page. Owns: how many go at once, and the sums.

import { Job } from "./job.js";

const FILES_AT_ONCE = 3;
const GIVEN_UP = new Set(["cancelled", "refused"]);

export class Queue {
  constructor(context) {
    this.jobs = [];
    this.started = false;
    this.context = { ...context, changed: (job) => this.changed(job) };
    this.onChange = context.changed;
  }

  /** Adds files that are not in the list already (one that was refused may come again); gives back the new jobs. `fill` starts them. */
  add(found) {
    const known = new Set(this.jobs.filter((job) => !GIVEN_UP.has(job.state)).map(identity));
    const fresh = found.filter((one) => !known.has(identity(one)));
    const jobs = fresh.map((one) => new Job(one, this.context));
    this.jobs.push(...jobs);
    return jobs;
  }

  start() {
    this.started = true;
    this.fill();
  }

  pauseAll() {
    this.started = false;
    for (const job of this.jobs) if (job.running) job.pause();
  }

  resumeAll() {
    for (const job of this.jobs) if (job.state === "paused") this.resume(job, false);
    this.start();
  }

  /** A paused file waits its turn again. */
  resume(job, fill = true) {
    job.become("waiting");
    this.started ||= fill;
    if (fill) this.fill();
  }

  changed(job) {
    this.onChange(job);
    if (!job.running) queueMicrotask(() => this.fill());
  }

  fill() {
    if (!this.started) return;
    let free = FILES_AT_ONCE - this.jobs.filter((job) => job.running).length;
    for (const job of this.jobs) {
      if (free <= 0) return;
      if (job.state !== "waiting") continue;
      job.run();
      free -= 1;
    }
  }

  /** Numbers for the page: files and bytes, over all that was not cancelled. */
  sums() {
    const counted = this.jobs.filter((job) => job.state !== "cancelled");
    const bytes = counted.reduce((sum, job) => sum + job.file.size, 0);
    const sent = counted.reduce((sum, job) => sum + (job.over ? job.file.size : job.progress), 0);
    const of = (state) => counted.filter((job) => job.state === state).length;
    return {
      files: counted.length,
      bytes,
      sent,
      received: of("received"),
      refused: of("refused"),
      paused: of("paused"),
      over: counted.filter((job) => job.over).length,
      running: counted.filter((job) => job.running).length,
    };
  }
}

function identity({ file, path }) {
  return [path, file.size, file.lastModified].join("\n");
}
