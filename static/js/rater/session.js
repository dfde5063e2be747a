// What is in hand, what comes next, what still has to be sent. Knows nothing of the page.

import { Refusal, request } from "./api.js";
import { Outbox, exclusively } from "./outbox.js";

const RETRY_S = [1, 2, 4, 8, 15, 30];
const POLL_MS = 10000;
// Refusals of whoever sends, not of the vote: it stays, and goes out once the rater has come in again.
const OF_SENDER = new Set(["consent_required", "unknown_rater", "csrf_failed"]);

export class Session extends EventTarget {
  constructor({ panel, urls, first }) {
    super();
    Object.assign(this, { panel, urls, current: null, ahead: [], answered: new Set(), waiting: [], failures: 0 });
    this.answeredAt = performance.now(); // of the last answer; after a reload the time for an undo runs anew
    this.outbox = new Outbox(panel);
    this.lock = `arena-outbox-${panel}`;
    this.first = first;
    this.tabs = "BroadcastChannel" in window ? new BroadcastChannel(`arena-${panel}`) : null;
    this.tabs?.addEventListener("message", ({ data }) => this.heard(data));
  }

  async start() {
    this.waiting = await this.outbox.all();
    for (const vote of this.waiting) this.answered.add(vote.nonce);
    this.absorb(this.first);
    if (this.waiting.length) this.send();
  }

  emit(type, detail = {}) {
    this.dispatchEvent(Object.assign(new Event(type), detail));
  }

  // Takes the server's word for what is leased, minus what was answered here and is still on its way.
  absorb(next) {
    const open = next.assignments.filter((assignment) => !this.answered.has(assignment.nonce));
    const held = this.current && open.find((assignment) => assignment.nonce === this.current.nonce);
    const lost = this.current && !held;
    Object.assign(this, { progress: next.progress, state: next.state, canUndo: next.can_undo });
    this.pollMs = next.retry_after_s ? next.retry_after_s * 1000 : POLL_MS;
    this.current = held ?? open[0] ?? null;
    this.ahead = open.filter((assignment) => assignment !== this.current);
    this.changed();
    if (lost && this.current) this.emit("moved", { reason: "elsewhere" });
  }

  changed() {
    clearTimeout(this.poll);
    if (!this.current && this.state !== "finished" && this.state !== "closed") {
      this.poll = setTimeout(() => this.refresh(), this.pollMs ?? POLL_MS);
    }
    this.emit("change");
  }

  async refresh() {
    try {
      const next = await request(this.urls.next);
      this.failures = 0;
      this.absorb(next);
    } catch (error) {
      if (error instanceof Refusal) this.emit("refused", { error });
      else this.fail();
    }
  }

  async answer(answer, evidence, remarks) {
    const assignment = this.current;
    this.answeredAt = performance.now();
    this.answered.add(assignment.nonce);
    const vote = { nonce: assignment.nonce, answer, remarks, evidence, assignment };
    this.waiting.push(vote);
    this.current = this.ahead.shift() ?? null;
    this.changed();
    this.tabs?.postMessage({ answered: assignment.nonce });
    this.storing = this.outbox.add(vote);
    vote.id = await this.storing;
    this.memoryOnly = !(await this.outbox.durable());
    await this.send();
  }

  send() {
    clearTimeout(this.retry);
    return exclusively(this.lock, async () => {
      for (;;) {
        this.waiting = this.merged(await this.outbox.all());
        const vote = this.waiting[0];
        if (!vote?.id || !(await this.deliver(vote))) break;
      }
      this.emit("waiting");
    });
  }

  // A vote answered this moment may not be in the store yet: it stays at the end.
  merged(stored) {
    const nonces = new Set(stored.map((vote) => vote.nonce));
    return [...stored, ...this.waiting.filter((vote) => !vote.id && !nonces.has(vote.nonce))];
  }

  async deliver(vote) {
    try {
      const { nonce, answer, remarks, evidence } = vote;
      const reply = await request(this.urls.votes, { nonce, answer, remarks, evidence });
      await this.drop(vote);
      this.failures = 0;
      if (reply.surplus) this.emit("surplus");
      this.emit("feedback", { feedback: reply.feedback ?? null, vote });
      this.absorb(reply.next);
      this.tabs?.postMessage({ settled: true });
      return true;
    } catch (error) {
      if (OF_SENDER.has(error.code)) {
        this.emit("refused", { error });
        return false;
      }
      if (!(error instanceof Refusal) || error.code === "study_paused") {
        if (error instanceof Refusal) this.pauseFor(error);
        this.fail();
        return false;
      }
      await this.drop(vote);
      this.emit("refused", { error, vote });
      await this.refresh();
      return true;
    }
  }

  async drop(vote) {
    await this.outbox.remove(vote.id);
    this.waiting = this.waiting.filter((other) => other.nonce !== vote.nonce);
  }

  pauseFor() {
    this.state = "paused";
    this.current = null;
    this.ahead = [];
    this.changed();
  }

  fail() {
    const seconds = RETRY_S[Math.min(this.failures, RETRY_S.length - 1)];
    this.failures += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.resume(), seconds * 1000);
    this.emit("waiting");
  }

  async resume() {
    // What was sent brings what comes next. Asked once more, the server would end a session whose last answer
    // can still be taken back.
    if (this.waiting.length) await this.send();
    else if (!this.current) await this.refresh();
  }

  // The last answer comes back: from the outbox when it has not left yet, otherwise by the server.
  undo() {
    return exclusively(this.lock, async () => {
      await this.storing; // an answer of this moment has no number yet, and the one before is not meant
      const unsent = this.merged(await this.outbox.all()).at(-1);
      if (unsent?.id) {
        await this.drop(unsent);
        this.answered.delete(unsent.nonce);
        this.tabs?.postMessage({ withdrawn: unsent.nonce });
        if (this.current) this.ahead.unshift(this.current);
        this.current = unsent.assignment;
        this.changed();
        this.emit("waiting");
        return;
      }
      const reply = await request(this.urls.undo, {});
      this.current = null;
      this.absorb(reply.next);
      this.tabs?.postMessage({ settled: true });
    });
  }

  // Skips an assignment: somebody else is asked. Needs the connection, since the server says what follows.
  report(assignment, words) {
    return exclusively(this.lock, async () => {
      const reply = await request(this.urls.report, { nonce: assignment.nonce, ...words });
      this.answered.add(assignment.nonce);
      if (this.current?.nonce === assignment.nonce) this.current = null;
      this.absorb(reply.next);
      this.tabs?.postMessage({ settled: true });
    });
  }

  // Another tab of the same rater has answered, taken back, or heard from the server.
  heard({ answered, withdrawn, settled }) {
    if (withdrawn) this.answered.delete(withdrawn);
    if (withdrawn || settled) this.refresh();
    if (!answered || this.answered.has(answered)) return;
    this.answered.add(answered);
    this.ahead = this.ahead.filter((assignment) => assignment.nonce !== answered);
    if (this.current?.nonce !== answered) return;
    this.current = this.ahead.shift() ?? null;
    this.changed();
    if (this.current) this.emit("moved", { reason: "tab" });
    else this.refresh();
  }
}
