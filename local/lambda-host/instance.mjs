// Plain JavaScript: a Lambda's thread imports it.
import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";

const builtIn = createRequire(import.meta.url);

/** @type {{ of: string, handlers: Record<string, () => object> } | undefined} */
let current;

/**
 * Disabled with their instance, because each enabled one slows down every promise of the thread.
 * @type {AsyncLocalStorage[]}
 */
const storages = [];

class EndingStorage extends AsyncLocalStorage {
  constructor() {
    super();
    storages.push(this);
  }
}

/**
 * The Lambdas of the system that the query of `url` identifies. Each is loaded by its first call. They share modules with
 * each other, but not with the Lambdas of another system. A call with another query ends the former instance.
 *
 * @param {string} url of the calling bundle.
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

/** A package in the form that esbuild's `require` expects: a function as default export replaces the module. */
const asRequired = (module) =>
  typeof module.default === "function" ? Object.assign(module.default, module) : module;
