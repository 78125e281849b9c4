// Picking: each scan is answered from the list on this device before the network is asked.
"use strict";
(() => {
  const { one, put, told, of } = window.handheld;
  const form = one("#pick");
  const { href, stops, said } = JSON.parse(one("#task").content.textContent);
  let isStopped = false, isLoud = true, audio;

  // Sound, vibration and a full-width answer: an ear and an eye may each be elsewhere.
  function sound(isRight) {
    navigator.vibrate?.(isRight ? 40 : [120, 60, 120]);
    if (!isLoud || !window.AudioContext) return;
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    tone.frequency.value = isRight ? 1250 : 200;
    tone.connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + (isRight ? 0.09 : 0.3));
  }
  function tell(isRight, text) {
    one("#feedback").className = `feedback ${isRight ? "is-right" : "is-wrong"}`;
    one("#feedback").textContent = `${isRight ? "✓" : "✕"} ${text}`;
    sound(isRight);
  }

  // The first stop that is not complete is at hand; it asks for the bin, the item, the lot.
  const isOpen = (stop) => stop.picked + stop.out < stop.need;
  const now = () => stops.find(isOpen);
  function follow(stop, scanned) {
    const goods = window.scanner.read(scanned);
    const isItem = goods.gtin ? goods.gtin === stop.gtin : goods.text === stop.sku.toUpperCase();
    if (stop.step === "bin") {
      if (goods.text !== stop.bin.toUpperCase()) return `${said.wrong_bin} ${stop.bin}`;
      stop.step = "item";
      return null;
    }
    if (stop.step === "lot" && !isItem && goods.text !== stop.lot.toUpperCase()) return `${said.wrong_lot} ${stop.lot}`;
    if (stop.step === "item" && !isItem) return `${said.wrong_item} ${stop.name}`;
    if (stop.lot && goods.lot && goods.lot !== stop.lot) return `${said.wrong_lot} ${stop.lot}`;
    if (stop.lot && isItem && !goods.lot && !stop.seen) {
      stop.step = "lot";
      return null;
    }
    stop.picked += 1;
    [stop.step, stop.seen] = ["item", stop.lot !== ""];
    return null;
  }
  function undo() {
    const at = stops.findIndex(isOpen);
    const stop = stops.slice(0, at < 0 ? undefined : at + 1).reverse().find((it) => it.picked > 0 || it.out > 0);
    if (!stop || stop.out > 0) return false;
    stop.picked -= 1;
    stop.step = "item";
    return true;
  }
  const giveUp = (stop) => (stop.out = stop.need - stop.picked);

  function show() {
    const stop = now();
    const sum = (of) => stops.reduce((sum, it) => sum + of(it), 0);
    const all = sum((it) => it.need);
    one("#progress").style.setProperty("--p", `${all ? (sum((it) => it.picked + it.out) / all) * 100 : 100}%`);
    one("#now").className = `instruction ${stop ? (stop.step === "bin" ? "is-bin" : "is-item") : ""}`;
    one("#step").textContent = stop ? said[stop.step] : said.done;
    if (!one("#bin")) return;
    one("#bin").textContent = stop ? stop.bin || said.nowhere : "✓";
    for (const part of document.querySelectorAll("#now .instruction-item, #now .pieces")) part.hidden = !stop;
    const next = stops.filter(isOpen)[1];
    one("#next").textContent = next ? `${said.next} ${next.bin} · ${next.name}` : "";
    if (one("#short")) one("#short").disabled = !stop;
    if (!stop) return;
    one("#name").textContent = stop.name;
    one("#detail").textContent = [stop.sku, stop.lot, `${said.tote} ${stop.tote}`].filter(Boolean).join(" · ");
    one("#picked").textContent = stop.picked;
    one("#need").textContent = stop.need - stop.out;
    if (!one("#art").src.endsWith(stop.art)) one("#art").src = stop.art;
  }
  function onScan(text) {
    const stop = now();
    if (isStopped || !stop) return sound(false);
    const before = stop.picked;
    const wrong = follow(stop, text);
    if (wrong) return tell(false, wrong);
    const counts = stop.picked > before;
    tell(true, counts ? `${said.right} ${stop.picked}/${stop.need - stop.out}` : said.right);
    put({ href, line: stop.no, do: "scan", scan: text, counts });
    show();
  }

  // A refusal that comes later stops the line: what was done since is told, and to be put back.
  told.refused = (list, scans, message) => {
    if (list !== href) return;
    isStopped = true;
    const back = stops
      .map((stop) => [scans.filter((it) => it.counts && it.line === stop.no).length, stop])
      .filter(([count]) => count)
      .map(([count, stop]) => `${count} × ${stop.name} → ${stop.bin}`);
    tell(false, `${said.refused}: ${message}${back.length ? `. ${said.back}: ${back.join(", ")}` : ""}`);
  };
  told.signedOut = () => tell(false, said.sign_in);
  // Another bin is a stop that this device does not know yet.
  told.changed = () => location.reload();

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const stop = now();
    if (button?.dataset.reason) {
      event.preventDefault();
      one("#shorts").close();
      if (stop && !isStopped) {
        giveUp(stop);
        tell(true, said.shorted);
        put({ href, line: stop.no, do: "short", reason: button.dataset.reason });
      }
    } else if (button?.id === "undo") {
      event.preventDefault();
      if (isStopped) return location.reload();
      const isUndone = undo();
      tell(isUndone, isUndone ? said.undone : said.nothing);
      if (isUndone) put({ href, line: null, do: "undo" });
    } else if (button?.id === "short") return one("#shorts").showModal();
    else if (button?.id === "sound") button.setAttribute("aria-pressed", (isLoud = !isLoud));
    else if (button?.id === "type") {
      form.elements.scan.inputMode = "text";
      form.elements.scan.blur();
    }
    show();
    takeFocus();
  });

  // Taken over from before a reload: what is queued has happened here.
  for (const scan of of(href)) {
    const stop = stops.find((it) => it.no === scan.line);
    if (scan.do === "undo") undo();
    else if (stop && scan.do === "short") giveUp(stop);
    else if (stop) follow(stop, scan.scan);
  }
  one("#sound").hidden = false;
  const takeFocus = window.scanner.listen(form.elements.scan, onScan);
  show();
})();
