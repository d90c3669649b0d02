// Speaks to the server this page came from, and to no other.

const API = "/studio/api";
const SESSION = "/session";

/** An answer that is no success, or no answer at all. */
export class Refusal extends Error {
  constructor(error) {
    super(error.message);
    Object.assign(this, { code: error.code, seen: error.seen, wanted: error.wanted, fix: error.fix });
  }
}

let unlock = null;

/** Tell what asks for the token of a gateway; it returns when one was taken. */
export const onLocked = (ask) => (unlock = ask);

async function once(path, options) {
  try {
    return await fetch(API + path, options);
  } catch {
    throw new Refusal({ code: "server_gone", message: "The server does not answer." });
  }
}

async function reach(path, options = {}) {
  let reply = await once(path, options);
  while (reply.status === 401 && unlock && path !== SESSION) {
    await unlock();
    reply = await once(path, options);
  }
  if (reply.ok) return reply;
  let body = null;
  try {
    body = await reply.json();
  } catch {
    body = null;
  }
  // A server that is being stopped answers, if at all, with a 500 that says nothing.
  throw new Refusal(body?.error ?? { code: "server_gone", message: `HTTP ${reply.status}` });
}

const json = async (path, options) => (await reach(path, options)).json();
const post = (path, body) =>
  reach(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const send = async (path, body) => (await post(path, body)).json();

/** A wish as a query, without what says nothing. */
export function query(wish, more = {}) {
  const said = Object.entries({ ...wish, ...more }).filter(([, value]) => value !== null && value !== undefined);
  return new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
}

export const choices = () => json("/choices");
export const upload = (file) =>
  json(`/pictures?${query({ name: file.name || "picture" })}`, { method: "POST", body: file });
export const plan = (id, wish) => json(`/pictures/${id}/plan?${query(wish)}`);
export const view = async (id, which, wish, longest) =>
  (await reach(`/pictures/${id}/views/${which}?${query(wish, { longest })}`)).blob();
export const fittedAddress = (id, wish) => `${API}/pictures/${id}/fitted?${query(wish)}`;
export const sheet = (id, wish) => json(`/pictures/${id}/sheet?${query(wish)}`);
export const zip = (pictures) => post("/zip", { pictures });
export const forget = (id) => reach(`/pictures/${id}`, { method: "DELETE" });
export const quote = (id, wish, seconds) => json(`/videos/quote/${id}?${query(wish, { seconds })}`);
export const show = (token) => post(SESSION, { token });
export const another = (id, confirmed) => send(`/videos/${id}/another`, { confirmed });
export const make = (order) => send("/videos", order);
export const videos = () => json("/videos");
export const video = (id) => json(`/videos/${id}`);
export const dropVideo = (id) => reach(`/videos/${id}`, { method: "DELETE" });
export const videoAddress = (id, part) => `${API}/videos/${id}/${part}`;
export const thumbAddress = (id) => `${API}/videos/${id}/reference?longest=160`;
