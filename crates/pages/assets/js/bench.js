// The pack bench: each piece that is scanned counts on its line. Without it counts are typed.
"use strict";
(() => {
  const form = document.querySelector("[data-bench]");
  if (!form) return;
  const one = (selector) => document.querySelector(selector);
  const field = one("#bench-scan"), said = one("#bench-said");
  const lines = [...form.querySelectorAll("[data-sku]")];
  const counted = (line) => Number(line.value) || 0;
  const isShort = (line) => counted(line) < Number(line.dataset.pieces);
  const whole = (gtin) => (gtin ? gtin.padStart(14, "0") : "-");

  function tell(isRight, text) {
    navigator.vibrate?.(isRight ? 40 : [120, 60, 120]);
    said.className = `strong ${isRight ? "text-green" : "text-red"}`;
    said.textContent = `${isRight ? "✓" : "✕"} ${text}`;
  }
  function heard(text) {
    // A scanner types into whatever has the focus.
    const stray = document.activeElement;
    if (stray !== field && stray?.value?.endsWith(text)) stray.value = stray.value.slice(0, -text.length);
    const goods = window.scanner.read(text);
    const isIt = (line) => (goods.gtin ? whole(line.dataset.gtin) === goods.gtin : line.dataset.sku.toUpperCase() === goods.text);
    const fitting = lines.filter(isIt);
    if (!fitting.length) return tell(false, `${said.dataset.wrong} ${text}`);
    const line = fitting.find(isShort);
    if (!line) return tell(false, `${said.dataset.many} ${fitting[0].dataset.sku}`);
    line.value = counted(line) + 1;
    tell(true, lines.some(isShort) ? `${line.dataset.sku} ${line.value} / ${line.dataset.pieces}` : said.dataset.all);
  }

  one("#bench-scanner").hidden = false;
  window.scanner.listen(field, heard);
})();
