// Pictures are fetched and decoded before their assignment comes up, so that a swap needs no waiting.

import { name } from "./stage.js";

const entries = new Map();
const ATTEMPTS = 3;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const decoded = async (image) => {
  for (let attempt = 1; ; attempt++) {
    try {
      await image.decode();
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await pause(400 * attempt);
      const address = image.src;
      image.removeAttribute("src");
      image.src = address;
    }
  }
};

const picture = (address, alt) => {
  const image = new Image();
  Object.assign(image, { alt, decoding: "sync", draggable: false });
  image.src = address;
  return image;
};

const enter = (nonce, images) => {
  const entry = { images, ready: false };
  entry.done = Promise.all(images.map(decoded)).then(() => {
    entry.ready = true;
  });
  entry.done.catch(() => entries.delete(nonce));
  entries.set(nonce, entry);
  return entry;
};

// The pictures that the server drew into the page are taken over, not fetched again.
export const adopt = (assignment, images) => enter(assignment.nonce, images);

export const load = (assignment) =>
  entries.get(assignment.nonce) ??
  enter(
    assignment.nonce,
    assignment.pictures.map((address, at, all) => picture(address, name(at, all.length))),
  );

export const keepOnly = (assignments) => {
  const wanted = new Set(assignments.map((assignment) => assignment.nonce));
  for (const nonce of entries.keys()) if (!wanted.has(nonce)) entries.delete(nonce);
};
