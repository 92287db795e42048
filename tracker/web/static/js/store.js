// Entries by id in the browser's database (IndexedDB), or in memory where the browser keeps nothing.
// What an entry means is for the outboxes to say; each has a database of its own.

export class Store {
  #database;
  #name;
  #durability;
  #onOpened;
  #opened = null;
  #memory = new Map();

  /** `durability`: "strict" for what must outlive a crash of the computer, "relaxed" for what is written every few
   *  seconds. `onOpened(works)` is told once whether the browser keeps anything. */
  constructor(database, name, { durability, onOpened = () => {} }) {
    this.#database = database;
    this.#name = name;
    this.#durability = durability;
    this.#onOpened = onOpened;
  }

  #base() {
    this.#opened ??= new Promise((resolve) => {
      let request;
      try {
        request = indexedDB.open(this.#database, 1);
      } catch {
        resolve(null);
        return;
      }
      request.onupgradeneeded = () => request.result.createObjectStore(this.#name, { keyPath: "id" });
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
    }).then((found) => {
      this.#onOpened(found !== null);
      return found;
    });
    return this.#opened;
  }

  async #within(mode, work) {
    const base = await this.#base();
    return new Promise((resolve, reject) => {
      const transaction = base.transaction(this.#name, mode, { durability: this.#durability });
      let result;
      transaction.oncomplete = () => resolve(result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore(this.#name), (value) => {
        result = value;
      });
    });
  }

  /** The entries of this person; none where nobody is signed in. */
  async of(person) {
    if (person === null) return [];
    return (await this.#all()).filter((entry) => entry.person === person);
  }

  async #all() {
    if (!(await this.#base())) return [...this.#memory.values()].map((entry) => structuredClone(entry));
    return this.#within("readonly", (store, give) => {
      const request = store.getAll();
      request.onsuccess = () => give(request.result);
    });
  }

  /** Change one entry in a single transaction: `change(entry | undefined)` gives the new one, null to delete, or undefined
   *  to leave it. */
  async alter(id, change) {
    if (!(await this.#base())) {
      const memory = this.#memory;
      const after = change(memory.has(id) ? structuredClone(memory.get(id)) : undefined);
      if (after === null) memory.delete(id);
      else if (after) memory.set(id, after);
      return after;
    }
    return this.#within("readwrite", (store, give) => {
      const request = store.get(id);
      request.onsuccess = () => {
        const after = change(request.result);
        if (after === null) store.delete(id);
        else if (after) store.put(after);
        give(after);
      };
    });
  }
}
