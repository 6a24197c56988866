/** What a server makes up anew each time. */
export function settled(value: unknown): string {
  return JSON.stringify(value)
    .replace(/"blob":"([\w+/=]*)"/g, (_all, data: string) => `"blob":${JSON.stringify(atob(data))}`)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/\b[0-9a-f]{32}\b/g, '<task>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>')
    .replace(/\d{1,2}:\d\d:\d\d [AP]M/g, '<time>');
}

/** A result, or the error in its place. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  return settled(
    await work.catch(({ code, message, data }) => ({ error: { code, message, data } })),
  );
}

/** Every tool of server-everything, with arguments that make it succeed. */
export const everythingTools: Readonly<Record<string, Record<string, unknown>>> = {
  echo: { message: 'Grüße \u{1F44B} "quoted" \\ \u0000' },
  'get-annotated-message': { messageType: 'error', includeImage: true },
  'get-env': {},
  'get-resource-links': { count: 3 },
  'get-resource-reference': { resourceType: 'Text', resourceId: 7 },
  'get-structured-content': { location: 'Chicago' },
  'get-sum': { a: 0.1, b: 1e21 },
  'get-tiny-image': {},
  'gzip-file-as-resource': { name: 'a.gz', data: 'data:text/plain,hello', outputType: 'resource' },
  'simulate-research-query': { topic: 'doors' },
  'toggle-simulated-logging': {},
  'toggle-subscriber-updates': {},
  'trigger-long-running-operation': { duration: 0.02, steps: 2 },
};
