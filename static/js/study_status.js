// Keeps the counts of a launched study fresh without a reload; reloads once when its state changes.

const root = document.querySelector("[data-status-url]");
const number = (value) => value.toLocaleString("en");
const pause = () => (root.dataset.state === "preparing" ? 1500 : 5000);
let failures = 0;

const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

const show = (status) => {
  for (const slot of root.querySelectorAll("[data-count]")) write(slot, number(status[slot.dataset.count]));
  for (const bar of root.querySelectorAll("progress[data-progress]")) {
    bar.max = (bar.dataset.progress === "rendered" ? status.renditions : status.wanted) || 1;
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

const poll = async () => {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(root.dataset.statusUrl, { headers: { Accept: "application/json" } });
      // A session that has ended leads to the log-in page, which a reload shows.
      if (answer.redirected || answer.status === 403) return window.location.reload();
      const status = await answer.json();
      if (status.state !== root.dataset.state) return window.location.reload();
      show(status);
      failures = 0;
    } catch {
      failures += 1;
    }
  }
  setTimeout(poll, pause() * 2 ** Math.min(failures, 4));
};

if (root) setTimeout(poll, pause());
