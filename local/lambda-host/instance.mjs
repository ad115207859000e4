// Plain JavaScript: a Lambda's thread imports it.
import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";

const builtIn = createRequire(import.meta.url);

/** @type {{ of: string, handlers: Record<string, () => object> } | undefined} */
let current;

/** Each one that is enabled slows down every promise of the thread. @type {AsyncLocalStorage[]} */
const storages = [];

class EndingStorage extends AsyncLocalStorage {
  constructor() {
    super();
    storages.push(this);
  }
}

/**
 * The Lambdas of the system that the query of `url` stands for, each loaded by its first call. They share their modules
 * with each other, but not with those of another system. Another query ends the former instance.
 *
 * @param {string} url of the bundle that asks.
 * @param {(require: (name: string) => unknown) => { handlers: Record<string, () => object> }} make
 * @param {Record<string, unknown>} packages
 */
export function instance(url, make, packages) {
  const of = new URL(url).search;
  if (current?.of !== of) {
    for (const storage of storages.splice(0)) storage.disable();
    const find = (name) => {
      if (name === "node:async_hooks") return { AsyncLocalStorage: EndingStorage };
      return name in packages ? asRequired(packages[name]) : builtIn(name);
    };
    current = { of, handlers: make(find).handlers };
  }
  return current.handlers;
}

/** A package as esbuild's `require` wants it: its default export, if it has one, is the whole. */
const asRequired = (module) =>
  typeof module.default === "function" ? Object.assign(module.default, module) : module;
