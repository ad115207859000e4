import { existsSync } from "node:fs";

/** Debian's Chromium, if it is installed. */
export const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));

/** A browser that knows only forms, for tests that need no more. */
export class FormBrowser {
  /** The address and the text of the page that is shown. */
  url = "";
  text = "";

  async open(url: string): Promise<void> {
    await this.#show(await fetch(url, { redirect: "manual" }), url);
  }

  /** Sends the page's form; `fields` replace those of the same names. */
  async submit(fields: Record<string, string> = {}): Promise<void> {
    const action = /<form[^>]* action="([^"]*)"/.exec(this.text)?.[1];
    const target = action === undefined ? this.url : new URL(plain(action), this.url).href;
    const inputs = [...this.text.matchAll(/<input[^>]* name="([^"]*)" value="([^"]*)"/g)];
    const given = inputs.map(([, name = "", value = ""]) => [name, plain(value)] as const);
    const body = new URLSearchParams({ ...Object.fromEntries(given), ...fields });
    await this.#show(await fetch(target, { method: "POST", body, redirect: "manual" }), target);
  }

  async #show(response: Response, url: string): Promise<void> {
    const location = response.headers.get("location");
    if (location !== null) return this.open(new URL(location, url).href);
    this.url = url;
    this.text = await response.text();
  }
}

function plain(html: string): string {
  return html.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
}
