// Live pages: one EventSource per visible tab carries topic names only; what cares asks again itself.
// A part listens with hx-trigger="orders from:#live throttle:3s". Closed while the tab is hidden, so
// that many tabs never use up the connections of HTTP/1.1; after a gap every topic fires.
"use strict";
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  let stream, retry, pause = 500, missed = false;

  function say(state) {
    const label = document.getElementById("live-state");
    if (!label) return;
    label.dataset.state = state;
    label.textContent = live.dataset[state];
  }
  const parts = () => [...document.querySelectorAll("[hx-trigger*='from:#live']")];
  const topics = () => [...new Set(parts().map((part) => part.getAttribute("hx-trigger").split(" ")[0]))];
  const fire = (topic) => live.dispatchEvent(new CustomEvent(topic, { bubbles: true }));

  function close() {
    stream?.close();
    stream = undefined;
    missed = true;
  }
  function open() {
    clearTimeout(retry);
    if (document.hidden || stream) return;
    // Without live parts a page of the console still listens for its session's end.
    if (!topics().length && !live.hasAttribute("data-always")) return;
    const source = new URL(live.dataset.src, location);
    source.searchParams.set("topics", topics());
    // The first stream goes on from what the page knows; behind a gap every topic fires anyway.
    if (missed) source.searchParams.delete("since");
    stream = new EventSource(source);
    stream.addEventListener("open", () => {
      pause = 500;
      say("on");
      if (missed) topics().forEach(fire);
      missed = false;
    });
    stream.addEventListener("message", (event) => fire(event.data));
    stream.addEventListener("error", () => {
      say("off");
      close();
      retry = setTimeout(open, pause * (0.7 + Math.random() * 0.6));
      pause = Math.min(pause * 2, 15000);
    });
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  addEventListener("online", open);
  open();
})();
