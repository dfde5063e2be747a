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

export class Outbox {
  constructor(panel) {
    this.panel = panel;
    // Private windows may refuse IndexedDB: then votes wait in memory, and leaving the page asks first.
    this.kept = [];
    this.nextKept = 1;
    this.database = open().catch(() => null);
  }

  async durable() {
    return (await this.database) !== null;
  }

  async store(mode) {
    const database = await this.database;
    return database && database.transaction(STORE, mode).objectStore(STORE);
  }

  async add(vote) {
    const row = { ...vote, panel: this.panel };
    const store = await this.store("readwrite");
    if (store) return settled(store.add(row));
    this.kept.push({ ...row, id: this.nextKept });
    return this.nextKept++;
  }

  async all() {
    const store = await this.store("readonly");
    const rows = store ? await settled(store.getAll()) : this.kept;
    return rows.filter((row) => row.panel === this.panel);
  }

  async remove(id) {
    const store = await this.store("readwrite");
    if (store) await settled(store.delete(id));
    else this.kept = this.kept.filter((row) => row.id !== id);
  }
}

let chain = Promise.resolve();

// One sender at a time over all tabs, so that votes arrive in the order in which they were given.
export const exclusively = (name, work) => {
  if (navigator.locks) return navigator.locks.request(name, work);
  chain = chain.then(work, work);
  return chain;
};
