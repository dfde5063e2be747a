// Keeps the counts of a launched study fresh without a reload; reloads once when its state changes.

const root = document.querySelector("[data-status-url]");
const number = (value) => value.toLocaleString("en");
const pause = () => (root.dataset.state === "preparing" ? 1500 : 5000);
let failures = 0;
let took = 0;

const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

const show = (status) => {
  for (const slot of root.querySelectorAll("[data-count]")) write(slot, number(status[slot.dataset.count]));
  for (const bar of root.querySelectorAll("progress[data-progress]")) {
    bar.max = status[bar.dataset.total ?? "wanted"] || 1;
    bar.value = status[bar.dataset.progress];
  }
  for (const panel of status.panels) {
    for (const slot of root.querySelectorAll(`[data-panel="${CSS.escape(panel.key)}"]`)) {
      write(slot, number(panel[slot.dataset.of]));
    }
  }
  for (const category of status.categories) {
    for (const slot of root.querySelectorAll(`[data-category="${CSS.escape(category.key)}"]`)) {
      if (slot instanceof HTMLProgressElement) slot.value = category.votes;
      else write(slot, number(category[slot.dataset.of]));
    }
  }
  const time = root.querySelector("[data-time]");
  if (time && status.last_vote_at) {
    time.dateTime = status.last_vote_at;
    write(time, `${status.last_vote_at.slice(0, 16).replace("T", " ")} UTC`);
  }
};

// The advice at the top changes with each phase of the preparation, with the first vote and with the last
// wanted one; the rest of the page stays.
const stageOf = ({ phase, votes, wanted }) =>
  phase || (Number(votes) === 0 ? "none" : Number(votes) < Number(wanted) ? "some" : "all");
let stage = root && stageOf(root.dataset);

const refreshAdvice = async () => {
  const answer = await fetch(window.location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-next]");
  const old = root.querySelector("[data-next]");
  if (!fresh) return;
  // Who works by keyboard keeps their place.
  const inside = old.contains(document.activeElement);
  old.replaceWith(fresh);
  if (inside) fresh.querySelector("a, button")?.focus({ preventScroll: true });
};

const poll = async () => {
  if (document.visibilityState === "visible") {
    const asked = performance.now();
    try {
      const answer = await fetch(root.dataset.statusUrl, { headers: { Accept: "application/json" } });
      // A session that has ended leads to the log-in page, which a reload shows.
      if (answer.redirected || answer.status === 403) return window.location.reload();
      const status = await answer.json();
      if (status.state !== root.dataset.state) return window.location.reload();
      took = performance.now() - asked;
      show(status);
      if (stage !== stageOf(status)) await refreshAdvice();
      stage = stageOf(status);
      failures = 0;
    } catch {
      failures += 1;
    }
  }
  // A large study takes longer to count; asking it must never become most of the server's work.
  setTimeout(poll, Math.max(pause(), 20 * took) * 2 ** Math.min(failures, 4));
};

if (root) setTimeout(poll, 500);
