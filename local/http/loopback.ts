/**
 * Whether a `Host` header names this machine. A page whose DNS name is rebound to 127.0.0.1 also reaches the port, but
 * its browser sends the page's own name.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host ?? "");
}

/** The text of the 403 with which a server on loopback answers any other `Host`. */
export const foreignHost = {
  message: "The Host header does not name this machine; expected 127.0.0.1, localhost or [::1].",
};
