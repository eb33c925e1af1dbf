// Calls to the playground's API, and its live channel.

const KEY = new URLSearchParams(location.search).get("key") ?? "";
const HEADERS = { "X-Playground-Key": KEY };

export async function call(path, body) {
  const options = { headers: { ...HEADERS } };
  if (body !== undefined) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const reply = await fetch(`/api/${path}`, options);
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Error(answer.error ?? `The playground answered ${reply.status}.`);
  return answer;
}

/** Yield each line of the live channel as an object, until `signal` aborts or the playground stops. */
export async function* news(query, signal) {
  const reply = await fetch(`/api/live?${new URLSearchParams(query)}`, { headers: HEADERS, signal });
  if (!reply.ok) throw new Error(`The playground answered ${reply.status}.`);
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}
