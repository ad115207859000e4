import { z } from "zod";
import { askAsApp } from "../../lambdas/github/app-request.js";

const path = "/app/hook/config";

const schema = z.object({
  url: z.string().default(""),
  content_type: z.string().default("form"),
  insecure_ssl: z.coerce.string().default("0"),
  /** GitHub never tells it: asterisks, or empty if there is none. */
  secret: z.string().default(""),
});

/** The App's webhook, as GitHub has it. */
export type Hook = z.output<typeof schema>;

/** An App without a webhook has one with an empty URL here. */
export async function readHook(): Promise<Hook> {
  const response = await askAsApp({ method: "GET", path });
  return schema.parse((await response?.json()) ?? {});
}

/** Sets the whole webhook, with JSON as its content type: GitHub doesn't say that it keeps fields that are left out. */
export async function writeHook(hook: Pick<Hook, "url" | "insecure_ssl" | "secret">): Promise<void> {
  const { url, insecure_ssl, secret } = hook;
  await askAsApp({ method: "PATCH", path, body: { url, insecure_ssl, content_type: "json", secret } });
}
