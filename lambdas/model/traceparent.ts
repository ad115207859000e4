/**
 * The W3C trace context of a delivery, made of its GUID alone: a redelivery has the same, so that the execution's input
 * does not differ. https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function traceparentOf(guid: string): string {
  const trace = hexOf(guid);
  return `00-${trace}-${trace.slice(-16)}-01`;
}

/** The trace of a delivery; `undefined` if it is no GUID: what a flow or a schedule has brought has no trace of its own. */
export function traceOf(delivery: string): string | undefined {
  const trace = hexOf(delivery);
  return /^[0-9a-f]{32}$/.test(trace) ? trace : undefined;
}

function hexOf(guid: string): string {
  return guid.replaceAll("-", "").toLowerCase();
}
