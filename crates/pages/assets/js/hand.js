// Receiving, putting away, counting, sending on: each scan is answered by what this device knows, and by the
// server as soon as there is a network.
"use strict";
(() => {
  const { one, put, told, of } = window.handheld;
  const form = one("#hand");
  const data = JSON.parse(one("#task").content.textContent);
  const { href, kind, places, said } = data;
  let view = { ...data.view };
  let isStopped = false, audio;

  function sound(isRight) {
    navigator.vibrate?.(isRight ? 40 : [120, 60, 120]);
    if (!window.AudioContext) return;
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    tone.frequency.value = isRight ? 1250 : 200;
    tone.connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + (isRight ? 0.09 : 0.3));
  }
  function tell(isRight, text, isQuiet) {
    one("#feedback").className = `feedback ${isRight ? "is-right" : "is-wrong"}`;
    one("#feedback").textContent = `${isRight ? "✓" : "✕"} ${text}`;
    if (!isQuiet) sound(isRight);
  }

  const hasBinFirst = kind === "count" || kind === "transfer";
  const last = kind === "transfer" ? "pieces_or_place" : "pieces_or_bin";
  function clear() {
    const bin = kind === "transfer" ? view.bin : "";
    view = { step: hasBinFirst && !bin ? "bin" : "item", bin, sku: "", gtin: "", name: "", lot: "", pieces: 0 };
  }
  // The same rules as the server's, as far as this device can know; gives what was wrong, or nothing.
  function follow(text) {
    const goods = window.scanner.read(text);
    const isPlace = places.includes(goods.text);
    const isItem = view.sku && (goods.gtin ? goods.gtin === view.gtin : goods.text === view.sku.toUpperCase());
    const ask = said[view.step];
    if (view.step === "bin") {
      if (goods.gtin || isPlace) return ask;
      view = { ...view, bin: goods.text, step: "item" };
    } else if (view.step === "item") {
      if (isPlace || goods.text === view.bin.toUpperCase()) return ask;
      view = { ...view, sku: goods.gtin ? goods.gtin : goods.text, gtin: goods.gtin, name: goods.gtin || goods.text, lot: goods.lot, pieces: 1, step: last };
    } else if (view.step === "lot") {
      if (!isItem || !goods.lot) return ask;
      view = { ...view, lot: goods.lot, step: last };
    } else if (isItem) {
      if (goods.lot && goods.lot !== view.lot) return `${said.other_lot} ${view.lot}`;
      view.pieces += 1;
    } else if (goods.gtin) return `${said.other_item} ${view.name}`;
    else if (view.step === "pieces_or_place") {
      if (!isPlace) return ask;
      clear();
    } else {
      if (isPlace) return ask;
      if (kind === "count" && goods.text !== view.bin.toUpperCase()) return `${said.other_bin} ${view.bin}`;
      clear();
    }
    return "";
  }
  function undo() {
    if (view.sku && view.pieces > (kind === "count" ? 0 : 1)) view.pieces -= 1;
    else if (view.sku) {
      const bin = view.bin;
      clear();
      view = { ...view, bin, step: "item" };
    } else if (view.bin) view = { ...view, bin: "", step: "bin" };
    else return false;
    return true;
  }

  function show() {
    one("#now").className = `instruction ${view.step === "bin" ? "is-bin" : "is-item"}`;
    one("#step").textContent = said[view.step];
    one("#bin").textContent = view.bin || "—";
    one("#item").hidden = one("#count").hidden = !view.sku;
    one("#name").textContent = view.name;
    one("#detail").textContent = [view.sku, view.lot].filter(Boolean).join(" · ");
    one("#pieces").textContent = view.pieces;
  }
  function onScan(text) {
    if (isStopped) return sound(false);
    const wrong = follow(text);
    if (wrong) return tell(false, wrong);
    tell(true, navigator.onLine ? said.right : said.kept);
    put({ href, do: "scan", scan: text });
    show();
  }

  // What the server says stands above what this device thought, once everything of it has been sent.
  told.answered = (list, answer) => {
    if (list !== href || !answer.view || of(href).length) return;
    const step = view.step;
    view = answer.view;
    if (answer.message) tell(true, answer.message, true);
    show();
    // The fields for a lot come with the page.
    if (view.step === "lot" && step !== "lot") location.reload();
  };
  told.refused = (list, scans, message) => {
    if (list !== href) return;
    isStopped = scans.length > 1;
    const again = scans.slice(1).map((it) => it.scan).filter(Boolean);
    tell(false, `${message}${again.length ? `. ${said.again}: ${again.join(", ")}` : ""}`);
    if (!isStopped) setTimeout(() => location.reload(), 1500);
  };
  told.signedOut = () => tell(false, said.sign_in);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.id === "undo") {
      event.preventDefault();
      if (isStopped) return location.reload();
      const isUndone = undo();
      tell(isUndone, isUndone ? said.undone : said.nothing);
      if (isUndone) put({ href, do: "undo" });
      show();
    } else if (button?.id === "type") {
      form.elements.scan.inputMode = "text";
      form.elements.scan.blur();
    } else return;
    takeFocus();
  });

  // Taken over from before a reload: what is queued has happened here.
  for (const scan of of(href)) scan.do === "undo" ? undo() : follow(scan.scan);
  const takeFocus = window.scanner.listen(form.elements.scan, onScan);
  show();
})();
