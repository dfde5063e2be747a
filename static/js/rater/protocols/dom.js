// Elements in few words.

export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// The key as drawn on a button. A screen reader hears it from aria-keyshortcuts.
export const cap = (text) => make("kbd", { textContent: text, ariaHidden: "true" });

export const button = (className, properties, ...children) =>
  make("button", { type: "button", className, ...properties }, ...children);

export const pressed = (element, on) => element.setAttribute("aria-pressed", String(on));

export const disabled = (element, on) => element.setAttribute("aria-disabled", String(on));
