/** Whether a `Content-Type` value is that of a server-sent event stream. */
export function isEventStream(contentType: string | null | undefined): boolean {
  return /^text\/event-stream\s*(?:;|$)/i.test(contentType ?? '');
}
