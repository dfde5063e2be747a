// Voting opens only when every picture has been on the screen: on a phone some lie outside it at first.

const SHARE = 0.6;
const MOMENT_MS = 250;

const visible = (frame) => {
  const box = frame.getBoundingClientRect();
  const span = (from, to, most) => Math.max(0, Math.min(to, most) - Math.max(from, 0));
  const shown = span(box.left, box.right, innerWidth) * span(box.top, box.bottom, innerHeight);
  return shown >= SHARE * box.width * box.height;
};

// Calls done() once each frame was seen for a moment; at once where all of them are in sight. Calls missing() when
// there is something to look for. Returns how to stop watching.
export const watch = (frames, done, missing) => {
  if (frames.every(visible)) {
    done();
    return () => {};
  }
  const unseen = new Set(frames);
  const timers = new Map();
  for (const frame of frames) delete frame.dataset.seen;
  const see = (frame) => {
    frame.dataset.seen = "";
    unseen.delete(frame);
    if (unseen.size) return;
    observer.disconnect();
    done();
  };
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, intersectionRatio } of entries) {
        clearTimeout(timers.get(target));
        if (isIntersecting && intersectionRatio >= SHARE) timers.set(target, setTimeout(see, MOMENT_MS, target));
      }
    },
    { threshold: [0, SHARE, 1] },
  );
  for (const frame of frames) observer.observe(frame);
  missing();
  return () => {
    observer.disconnect();
    for (const timer of timers.values()) clearTimeout(timer);
  };
};
