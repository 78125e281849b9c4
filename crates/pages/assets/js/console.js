// The console: rows and their selection, keyboard. A page works without it.
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Rows: .list holds a table with one .pick checkbox per row and a .bulk form with name=ids.
  let current = -1, last = -1;
  const rows = () => all(".list tbody tr");
  const pick = (row) => one(".pick", row);

  function showSelection() {
    const list = one(".list");
    if (!list) return;
    const picked = rows().filter((row) => pick(row)?.checked);
    rows().forEach((row) => pick(row) && row.setAttribute("aria-selected", pick(row).checked));
    list.classList.toggle("has-selection", picked.length > 0);
    const count = one(".bulk [data-count]", list);
    if (count) count.textContent = picked.length ? count.dataset.count.replace("#", picked.length) : "";
    const ids = one(".bulk [name=ids]", list);
    if (ids) ids.value = picked.map((row) => row.dataset.id).join(",");
    const view = one(".bulk [name=all]", list);
    if (view && !picked.length) view.checked = false;
    const whole = one("#pick-all", list);
    if (whole) {
      whole.checked = picked.length > 0 && picked.length === rows().length;
      whole.indeterminate = picked.length > 0 && !whole.checked;
    }
  }
  function select(index, checked, range) {
    const from = range && last >= 0 ? Math.min(index, last) : index;
    const to = range && last >= 0 ? Math.max(index, last) : index;
    rows().slice(from, to + 1).forEach((row) => (pick(row).checked = checked));
    last = index;
    showSelection();
  }
  function selectNone() {
    all(".pick").forEach((box) => (box.checked = false));
    showSelection();
  }
  function move(by) {
    const list = rows();
    if (!list.length) return;
    list[current]?.classList.remove("is-current");
    current = Math.max(0, Math.min(list.length - 1, current + by));
    list[current].classList.add("is-current");
    one("a", list[current])?.focus({ preventScroll: true });
    list[current].scrollIntoView({ block: "nearest" });
  }
  // A button with data-key does what it does on a click. If its form still wants something first, Enter
  // there means this button, and [data-chosen] says so.
  function press(button) {
    const missing = button.form && one(":invalid:not(fieldset)", button.form);
    if (!missing) return button.click();
    all("[data-key]", button.form).forEach((other) => other.classList.toggle("is-chosen", other === button));
    one("[data-default]", button.form).value = button.value;
    one("[data-chosen]", button.form).textContent = button.dataset.hint;
    missing.focus();
  }
  function toggleMenu(open) {
    one("#side").classList.toggle("is-open", open);
    one("#menu").setAttribute("aria-expanded", one("#side").classList.contains("is-open"));
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.id === "pick-all") {
      all(".pick").forEach((box) => (box.checked = target.checked));
      showSelection();
    } else if (target.matches(".pick")) {
      select(rows().indexOf(target.closest("tr")), target.checked, event.shiftKey);
    } else if (target.closest("[data-select-none]")) selectNone();
    else if (target.closest("#menu")) {
      toggleMenu();
      if (one("#side.is-open")) one("#side a").focus();
    }
  });

  // No shortcut fires while typing or while an input method is composing.
  const places = { d: "/console/dashboard", o: "/console/orders", r: "/console/desk/review", t: "/console/tasks" };
  const place = (key) => places[key] && one(`.side-link[href="${places[key]}"]`);
  let going = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (one("dialog[open]")) return;
    const key = event.key.toLowerCase();
    const typing = event.target.closest("input:not([type=checkbox]),textarea,select");
    if (key === "escape" && one("#side.is-open")) {
      toggleMenu(false);
      one("#menu").focus();
    } else if (key === "escape") typing ? event.target.blur() : selectNone();
    else if (typing) return;
    else if (event.timeStamp - going < 1000 && place(key)) place(key).click();
    else if (key === "g") going = event.timeStamp;
    else if (key === "/") {
      event.preventDefault();
      one("#search").select();
    } else if (key === "?") one("#shortcuts").showModal();
    else if (/^[a-z]$/.test(key) && one(`[data-key="${key}"]`)) {
      event.preventDefault();
      press(one(`[data-key="${key}"]`));
    } else if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "x" && rows()[current]) select(current, !pick(rows()[current]).checked, event.shiftKey);
  });

  // A swap brings new rows: the selection is gone on purpose.
  document.addEventListener("htmx:after:swap", () => {
    current = last = -1;
    showSelection();
  });
  showSelection();
})();
