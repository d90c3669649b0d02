// Small helpers for the document.

export const $ = (selector, root = document) => root.querySelector(selector);

/** Make an element: properties first, then children; strings become text, never markup. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && !name.includes("-") && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Run the latest call only: while one runs, those that come replace each other.
 *  What is returned ends when nothing is left to do. */
export function latest(work) {
  let underWay = null;
  let next = null;
  async function rest() {
    try {
      while (next) {
        const now = next;
        next = null;
        await work(...now);
      }
    } finally {
      // At once, and not a moment later: whoever calls in between would wait for work that nobody does.
      underWay = null;
    }
  }
  return (...given) => {
    next = given;
    underWay ??= rest();
    return underWay;
  };
}

/** Show an image from bytes, and let go of the one before. */
export function show(image, blob) {
  const before = image.dataset.url;
  const url = URL.createObjectURL(blob);
  image.dataset.url = url;
  image.src = url;
  if (before) URL.revokeObjectURL(before);
  return image.decode().catch(() => undefined);
}
