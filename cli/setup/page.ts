/** The pages that setup shows in the browser. They load nothing and can't be framed. */

export interface Page {
  status: number;
  headers: Record<string, string>;
  html: string;
}

/** A page that immediately sends a form to another site. The button is for browsers without JavaScript. */
export function formPage(action: string, fields: Record<string, string>, nonce: string): Page {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  const form = `<form method="post" action="${escaped(action)}">${inputs.join("")}<button>Continue to GitHub</button></form>`;
  return page(200, "Continuing to GitHub …", form, {
    nonce,
    script: "document.forms[0].submit()",
    formAction: new URL(action).origin,
  });
}

/** The last page. The tab closes itself if the browser allows it. */
export function endPage(text: string, nonce: string): Page {
  return page(200, text, "<p>You can close this tab and go back to the terminal.</p>", {
    nonce,
    script: "window.close()",
  });
}

export function faultPage(status: number, text: string, more = ""): Page {
  return page(status, text, more);
}

interface Script {
  nonce: string;
  script: string;
  formAction?: string;
}

function page(status: number, title: string, content: string, script?: Script): Page {
  const policy = [
    "default-src 'none'",
    "frame-ancestors 'none'",
    `form-action ${script?.formAction ?? "'none'"}`,
    ...(script ? [`script-src 'nonce-${script.nonce}'`] : []),
  ];
  const run = script ? `<script nonce="${script.nonce}">${script.script}</script>` : "";
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "content-security-policy": policy.join("; "),
    },
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title></head><body><h1>${escaped(title)}</h1>${content}${run}</body></html>`,
  };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
