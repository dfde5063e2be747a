// Dragging a picture to a place in the ranking, by mouse, pen or finger. Keys do the same without dragging.

const SLACK_PX = 8;

// `from(element)` gives a picture's copy to carry; `drop(at, rank)` hears where it was let go.
export const dragging = ({ elements, carry, drop }) => {
  const undo = new AbortController();
  let press = null;

  const target = ({ clientX, clientY }) => document.elementFromPoint(clientX, clientY)?.closest("[data-rank]");

  const light = (place) => {
    for (const other of document.querySelectorAll("[data-rank][data-over]")) if (other !== place) other.removeAttribute("data-over");
    place?.setAttribute("data-over", "");
  };

  const lift = () => {
    press.ghost = carry(press.at).cloneNode();
    press.ghost.className = "ghost";
    press.ghost.alt = "";
    document.body.append(press.ghost);
    document.body.classList.add("dragging");
  };

  const end = () => {
    press?.ghost?.remove();
    document.body.classList.remove("dragging");
    light(null);
    press = null;
  };

  const down = (event, at) => {
    if (event.button || !event.isPrimary || !carry(at)) return;
    press = { at, x: event.clientX, y: event.clientY, pointer: event.pointerId };
  };

  const move = (event) => {
    if (!press || event.pointerId !== press.pointer) return;
    if (!press.ghost && Math.hypot(event.clientX - press.x, event.clientY - press.y) < SLACK_PX) return;
    if (!press.ghost) lift();
    press.ghost.style.transform = `translate(${event.clientX}px, ${event.clientY}px) translate(-50%, -60%)`;
    light(target(event));
  };

  const up = (event) => {
    if (!press || event.pointerId !== press.pointer) return;
    const { at, ghost } = press;
    const place = ghost && target(event);
    end();
    if (place) drop(at, Number(place.dataset.rank));
    // A mouse clicks where its drag ends: that is no click. Fingers and pens do not.
    if (!ghost || event.pointerType !== "mouse") return;
    const swallow = (click) => click.stopPropagation();
    addEventListener("click", swallow, true);
    setTimeout(() => removeEventListener("click", swallow, true));
  };

  const options = { signal: undo.signal };
  for (const [element, at] of elements) element.addEventListener("pointerdown", (event) => down(event, at()), options);
  addEventListener("pointermove", move, options);
  addEventListener("pointerup", up, options);
  addEventListener("pointercancel", end, options);

  return () => {
    end();
    undo.abort();
  };
};
