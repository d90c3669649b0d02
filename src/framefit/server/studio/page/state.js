// What the page knows: the pictures, what is wished for each, and the way back.

const START = {
  size: "auto",
  mode: "cover",
  focus: "center",
  crop: null,
  backdrop: "black",
};
const TOGETHER_MS = 600;

export const state = { pictures: [], current: -1, choices: null };
const listeners = [];

export const onChange = (listener) => listeners.push(listener);
export const picture = () => state.pictures[state.current] ?? null;
export const rule = (wish) =>
  state.choices.models.find((one) => one.model === wish.model && one.server === wish.server);

/** Tell everybody: what changed is "pictures", "current" or the names of wishes. */
function tell(what) {
  for (const listener of listeners) listener(what);
}

export function add(upload) {
  // The models of the server that makes the videos come first.
  const { model, server } = state.choices.models[0];
  const like = picture()?.wish ?? { ...START, model, server };
  const wish = { ...like, focus: "center", crop: null };
  state.pictures.push({ ...upload, wish, past: [], changedAt: 0, told: null });
  select(state.pictures.length - 1);
}

export function select(index) {
  state.current = index;
  tell(["pictures", "current"]);
}

export function remove(index) {
  state.pictures.splice(index, 1);
  select(Math.min(state.current, state.pictures.length - 1));
}

/** Change wishes of the current picture; quick changes of the same kind are one step back. */
export function wishFor(changes) {
  const shown = picture();
  const names = Object.keys(changes).filter((name) => shown.wish[name] !== changes[name]);
  if (names.length === 0) return;
  const kind = names.join();
  const now = Date.now();
  if (kind !== shown.kind || now - shown.changedAt > TOGETHER_MS) shown.past.push(shown.wish);
  Object.assign(shown, { kind, changedAt: now, wish: { ...shown.wish, ...changes } });
  tell(names);
}

export function undo() {
  const shown = picture();
  if (!shown?.past.length) return;
  Object.assign(shown, { wish: shown.past.pop(), kind: "" });
  tell(Object.keys(shown.wish));
}

export function reset() {
  const { model, server, size } = picture().wish;
  wishFor({ ...START, model, server, size });
}

export function applyToAll() {
  const shown = picture();
  for (const other of state.pictures) {
    if (other === shown) continue;
    other.past.push(other.wish);
    other.wish = { ...shown.wish };
    other.told = null;
  }
  tell(["pictures"]);
}
