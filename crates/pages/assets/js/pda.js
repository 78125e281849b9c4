// The handheld: what was scanned is kept in order, and sent when there is a network.
"use strict";
window.handheld = (() => {
  const one = (selector) => document.querySelector(selector);
  document.documentElement.classList.add("has-script");

  // The queue outlives the page: {href, key, line, do, scan, reason, counts}, oldest first.
  const KEPT = "ordermill-scans";
  let queue = [];
  try {
    queue = JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    // A device without storage works as long as the page is open.
  }
  let isSending = false, isCut = false;
  // What a page does when a scan was refused, or the sign-in has run out.
  const told = { refused: () => {}, signedOut: () => {} };

  function keep() {
    try {
      localStorage.setItem(KEPT, JSON.stringify(queue));
    } catch {
      // As above.
    }
    showNetwork();
  }
  function showNetwork() {
    const shown = one("#net");
    if (!shown) return;
    const off = !navigator.onLine || (isCut && queue.length > 0);
    shown.classList.toggle("is-off", off);
    shown.textContent = off ? shown.dataset.off : shown.dataset.on;
    if (queue.length) shown.textContent += ` · ${queue.length} ${shown.dataset.queued}`;
  }
  const post = ({ href, counts, ...scan }) =>
    fetch(`${href}/scans`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(scan),
      redirect: "manual",
      signal: AbortSignal.timeout(5000),
    });
  async function send() {
    if (isSending) return;
    isSending = true;
    while (queue.length) {
      const { href } = queue[0];
      let answer;
      try {
        const response = await post(queue[0]);
        if (response.type === "opaqueredirect") {
          told.signedOut();
          break;
        }
        if (response.status >= 500 || response.status === 429) throw new Error("try again");
        answer = response.ok ? await response.json() : { is_taken: false, message: `${response.status}` };
      } catch {
        isCut = true;
        break;
      }
      isCut = false;
      // What was scanned behind a refused scan stands on it, and goes with it.
      const behind = queue.filter((it) => it.href === href);
      queue = answer.is_taken ? queue.slice(1) : queue.filter((it) => it.href !== href);
      keep();
      if (answer.outcome === "other_bin") told.changed?.();
      if (answer.is_taken) told.answered?.(href, answer);
      if (!answer.is_taken) told.refused(href, behind, answer.message);
    }
    isSending = false;
    showNetwork();
  }
  setInterval(() => queue.length && send(), 3000);
  addEventListener("online", send);
  addEventListener("offline", showNetwork);

  const key = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (it) => it.toString(16).padStart(2, "0")).join("");
  function put(scan) {
    queue.push({ key: key(), ...scan });
    keep();
    send();
  }

  showNetwork();
  addEventListener("load", send);
  return { one, put, told, of: (href) => queue.filter((it) => it.href === href) };
})();
