// Scanners: what a barcode says, and how it is heard whichever field or input method is in the way.
"use strict";
window.scanner = (() => {
  // The same reading as the server's, for what lies on shelves: GTIN and lot.
  const LENGTHS = { "01": 14, 11: 6, 12: 6, 13: 6, 15: 6, 16: 6, 17: 6, 20: 2 };
  function gtin(digits) {
    if (!/^(\d{8}|\d{12,14})$/.test(digits)) return "";
    const weigh = (sum, digit, at) => sum + digit * (at % 2 ? 3 : 1);
    return [...digits].reverse().reduce(weigh, 0) % 10 ? "" : digits.padStart(14, "0");
  }
  function fields(text) {
    if (text.startsWith("(")) return [...text.matchAll(/\((\d{2,4})\)([^(]*)/g)].map((it) => [it[1], it[2]]);
    const found = [];
    let rest = text.replace(/^[\x1d^]/, "");
    if (!/^01\d{14}/.test(rest)) return found;
    while (rest) {
      const name = rest.slice(0, 2);
      const end = LENGTHS[name] ? 2 + LENGTHS[name] : (rest.search(/[\x1d^]/) + 1 || rest.length + 1) - 1;
      found.push([name, rest.slice(2, end)]);
      rest = rest.slice(end).replace(/^[\x1d^]/, "");
    }
    return found;
  }
  function read(scanned) {
    const text = scanned.trim().replace(/^\]../, "");
    const goods = { text: text.toUpperCase(), gtin: gtin(text), lot: "" };
    if (goods.gtin) return goods;
    for (const [name, data] of fields(text)) {
      if (name === "01") goods.gtin = gtin(data);
      if (name === "10") goods.lot = data;
    }
    return goods;
  }

  // A scanner is a fast keyboard. Physical keys are read, so that neither focus nor an input method
  // matters; a person who types is slower, and the field has what they typed.
  const DIGIT = /^(?:Digit|Numpad)(\d)$/, LETTER = /^Key([A-Z])$/;
  const OTHERS = { Minus: "-", NumpadSubtract: "-", Period: ".", NumpadDecimal: ".", Slash: "/", Space: " " };
  function letter(event) {
    if (event.ctrlKey) return event.code === "BracketRight" ? "\x1d" : "";
    const isPlain = !event.isComposing && event.key.length === 1 && event.key < "\x7f";
    if (isPlain) return event.key;
    return (DIGIT.exec(event.code) ?? LETTER.exec(event.code))?.[1] ?? OTHERS[event.code] ?? "";
  }

  function listen(field, heard) {
    let keys = "", keyAt = 0, last = "", lastAt = 0;
    // Some scanners hand a barcode over twice, as keys and as text.
    function hear(text) {
      const at = performance.now();
      field.value = "";
      if (!text.trim() || (text.trim() === last && at - lastAt < 120)) return;
      [last, lastAt] = [text.trim(), at];
      heard(text.trim());
    }
    const takeFocus = () => document.querySelector("dialog[open]") || field.focus({ preventScroll: true });
    addEventListener("keydown", (event) => {
      if (event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
      const at = event.timeStamp;
      if (at - keyAt > 80) keys = "";
      keyAt = at;
      const isEnd = ["Enter", "Tab", "NumpadEnter"].includes(event.code) || event.key === "Enter";
      if (!isEnd) return void (keys += letter(event));
      const text = keys.length >= 3 ? keys : event.key === "Tab" ? "" : field.value;
      keys = "";
      if (!text) return;
      event.preventDefault();
      // Leaving the field ends what an input method was composing there.
      field.blur();
      field.inputMode = "none";
      hear(text);
      takeFocus();
    }, true);
    // Some devices commit the whole text at once, without keys.
    field.addEventListener("input", (event) => {
      const isWhole = !event.isComposing && (event.data?.length ?? 0) > 3 && event.inputType === "insertText";
      if (isWhole || /[\r\n]$/.test(field.value)) hear(field.value);
    });
    field.form.addEventListener("submit", (event) => {
      event.preventDefault();
      hear(field.value);
    });
    field.inputMode = "none";
    takeFocus();
    return takeFocus;
  }
  return { read, listen };
})();
