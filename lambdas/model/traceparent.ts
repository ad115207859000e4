/**
 * The W3C trace context of a delivery, derived from its GUID alone. A redelivery has the same one, so the execution's
 * input stays the same. https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function traceparentOf(guid: string): string {
  const trace = hexOf(guid);
  return `00-${trace}-${trace.slice(-16)}-01`;
}

/**
 * The trace id of a delivery; `undefined` if it isn't a GUID, because events from flows and schedules have no trace of
 * their own.
 */
export function traceOf(delivery: string): string | undefined {
  const trace = hexOf(delivery);
  return /^[0-9a-f]{32}$/.test(trace) ? trace : undefined;
}

function hexOf(guid: string): string {
  return guid.replaceAll("-", "").toLowerCase();
}
