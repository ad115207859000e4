import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import type { HttpReply, HttpRequest, HttpServer } from "../../http/http-server.js";
import type { Repositories } from "../repositories/repositories.js";
import { type Json, notFound, param, type Rest } from "../rest/rest.js";
import type { AppAuth } from "./app-auth.js";
import type { Installations } from "./installations.js";
import { manifestFaults, manifestSchema } from "./manifest.js";
import { type RegisteredApp, registerApp } from "./registered-app.js";

const codeLifeMs = 60 * 60 * 1000;

const pagePaths =
  /^\/(?:organizations\/[^/]+\/)?settings\/apps\/new$|^\/(?:github-)?apps\/[^/]+\/installations\/new$/;

/**
 * GitHub's pages on which a person makes an App from a manifest and installs it. A new App replaces the existing one.
 * https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
 */
export class AppPages {
  /** The login of the person who is signed in. */
  signedIn = "mona";
  /** Names of other people's Apps, in lower case. */
  readonly takenNames = new Set<string>();
  readonly #codes = new Map<string, { app: RegisteredApp; expiresAt: number }>();

  constructor(
    private readonly auth: AppAuth,
    private readonly installations: Installations,
    private readonly repositories: Repositories,
    /** Sends the ping of a new hook. */
    private readonly ping: () => Promise<unknown>,
    private readonly now: () => Date,
  ) {}

  isPage(path: string): boolean {
    return pagePaths.test(path);
  }

  /** Makes all codes expire. */
  expireCodes(): void {
    this.#codes.clear();
  }

  routes(rest: Rest): void {
    this.#pages(rest.http);
    rest.post("/app-manifests/:code/conversions", (request) => {
      const code = param(request, "code");
      const found = this.#codes.get(code);
      this.#codes.delete(code);
      if (!found || found.expiresAt <= this.now().getTime()) throw notFound();
      return { status: 201, body: this.#converted(found.app) };
    });
  }

  #pages(http: HttpServer): void {
    http.route("POST", "/settings/apps/new", (request) => this.#register(request, this.signedIn));
    http.route("POST", "/organizations/:org/settings/apps/new", (request) => {
      const org = param(request, "org");
      return this.#isAdmin(org) ? this.#register(request, org) : page("Page not found", "404", 404);
    });
    const kind = this.repositories.hosts.isEnterpriseServer ? "github-apps" : "apps";
    const path = `/${kind}/:slug/installations/new`;
    http.route("GET", path, (request) => this.#atApp(request, () => this.#installPage()));
    http.route("POST", path, (request) => this.#atApp(request, () => this.#install()));
  }

  /** The first request holds the manifest. The page's form then sends the name that the person chose. */
  #register(request: HttpRequest, owner: string): HttpReply {
    const form = new URLSearchParams(String(request.body));
    const text = form.get("manifest") ?? "";
    const manifest = manifestSchema.safeParse(jsonOf(text));
    const faults = manifest.success ? manifestFaults(manifest.data) : manifestFaults(jsonOf(text));
    if (!manifest.success || faults.length > 0) {
      return page(
        "Invalid GitHub App configuration",
        `<ul>${faults.map((one) => `<li>${one}</li>`).join("")}</ul>`,
      );
    }
    const name = form.get("name") ?? "";
    const isTaken = this.takenNames.has(name.toLowerCase());
    if (name === "" || isTaken) {
      const shown = escaped(name || (manifest.data.name ?? ""));
      return page(
        `Create GitHub App for ${owner}`,
        `${isTaken ? "<p>Name is already taken</p>" : ""}<form method="post">
<input type="hidden" name="manifest" value="${escaped(text)}"><input name="name" value="${shown}">
<button>Create GitHub App for ${owner}</button></form>`,
      );
    }
    const app = this.#create(name, owner, manifest.data.hook_attributes?.url ?? "");
    app.permissions = manifest.data.default_permissions;
    app.events = manifest.data.default_events;
    this.auth.replace(app);
    void this.ping();
    const code = randomBytes(20).toString("hex");
    this.#codes.set(code, { app, expiresAt: this.now().getTime() + codeLifeMs });
    const back = new URL(manifest.data.redirect_url);
    back.searchParams.set("code", code);
    back.searchParams.set("state", request.query.get("state") ?? "");
    return { status: 302, headers: { location: back.href }, body: "" };
  }

  #create(name: string, owner: string, url: string): RegisteredApp {
    const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const secret = randomBytes(20).toString("hex");
    return registerApp({
      id: `${this.repositories.nextId()}`,
      name,
      slug: name.toLowerCase().replace(/[^a-z0-9]+/g, "-"),
      owner,
      privateKey: key.export({ type: "pkcs1", format: "pem" }).toString(),
      publicKey: createPublicKey(key),
      // GitHub's default; only the API can change it.
      hook: { url, contentType: "form", secret, insecureSsl: "0" },
    });
  }

  #converted(app: RegisteredApp): Json {
    return {
      ...this.auth.json(),
      client_id: this.auth.clientId,
      client_secret: randomBytes(20).toString("hex"),
      webhook_secret: app.hook.url === "" ? null : app.hook.secret,
      pem: app.privateKey,
    };
  }

  #atApp(request: HttpRequest, answer: () => HttpReply | Promise<HttpReply>): HttpReply | Promise<HttpReply> {
    return param(request, "slug") === this.auth.appSlug ? answer() : page("Page not found", "404", 404);
  }

  #installPage(): HttpReply {
    const verb = this.#isAdmin(this.auth.app.owner) ? "Install" : "Request";
    return page(`Install ${this.auth.app.name}`, `<form method="post"><button>${verb}</button></form>`);
  }

  async #install(): Promise<HttpReply> {
    const { owner } = this.auth.app;
    const account = this.repositories.userJson(this.repositories.account(owner));
    if (!this.#isAdmin(owner)) {
      const requester = this.repositories.userJson(this.repositories.user(this.signedIn));
      this.auth.requests.push({ id: this.repositories.nextId(), account, requester });
      return page("Requested", "An owner has been asked.");
    }
    await this.installations.install(this.repositories.ownedBy(owner), { by: this.signedIn });
    return page("Installed", `${this.auth.app.name} is installed.`);
  }

  /**
   * Whether the user is the account itself or, as the fake has no organization owners, an admin of one of its repositories.
   */
  #isAdmin(login: string): boolean {
    if (login === this.signedIn) return true;
    return this.repositories
      .ownedBy(login)
      .some(({ permissions }) => permissions.get(this.signedIn.toLowerCase()) === "admin");
  }
}

function page(title: string, content: string, status = 200): HttpReply {
  return {
    status,
    headers: { "content-type": "text/html; charset=utf-8" },
    body: `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1>${content}</body></html>`,
  };
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
