/**
 * The W3C trace context of a delivery, made of its GUID alone: a redelivery has the same, so that the execution's input
 * does not differ. https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function traceparentOf(guid: string): string {
  const trace = guid.replaceAll("-", "").toLowerCase();
  return `00-${trace}-${trace.slice(-16)}-01`;
}
