// Votes that still have to reach the server: in order, in IndexedDB, so that a reload or a restart keeps them.

const STORE = "votes";

const open = () =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open("arena-outbox", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });

const settled = (asked) =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

// A write counts when its transaction is complete: a full disk may still refuse it after the request.
const written = (store, asked) =>
  new Promise((resolve, reject) => {
    store.transaction.oncomplete = () => resolve(asked.result);
    store.transaction.onabort = store.transaction.onerror = () => reject(store.transaction.error);
  });

export class Outbox {
  constructor(panel) {
    this.panel = panel;
    // Private windows may refuse IndexedDB, and full disks a write: then votes wait in memory, under ids that
    // begin with m, and leaving the page asks first.
    this.kept = [];
    this.nextKept = 1;
    this.database = open().catch(() => null);
  }

  async durable() {
    return (await this.database) !== null && !this.kept.length;
  }

  async store(mode) {
    const database = await this.database;
    return database && database.transaction(STORE, mode).objectStore(STORE);
  }

  async add(vote) {
    const row = { ...vote, panel: this.panel };
    try {
      const store = await this.store("readwrite");
      if (store) return await written(store, store.add(row));
    } catch (error) {
      console.info("kept in memory", error);
    }
    const id = `m${this.nextKept++}`;
    this.kept.push({ ...row, id });
    return id;
  }

  async all() {
    let rows = [];
    try {
      const store = await this.store("readonly");
      if (store) rows = await settled(store.getAll());
    } catch (error) {
      console.info("the store of votes cannot be read", error);
    }
    return [...rows, ...this.kept].filter((row) => row.panel === this.panel);
  }

  async remove(id) {
    this.kept = this.kept.filter((row) => row.id !== id);
    if (String(id).startsWith("m")) return;
    const store = await this.store("readwrite");
    if (store) await settled(store.delete(id));
  }
}

let chain = Promise.resolve();

// One sender at a time over all tabs, so that votes arrive in the order in which they were given.
export const exclusively = (name, work) => {
  if (navigator.locks) return navigator.locks.request(name, work);
  chain = chain.then(work, work);
  return chain;
};
