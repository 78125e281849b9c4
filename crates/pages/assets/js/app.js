// What every page has: toasts, dialogs, the theme, focus after a swap. A page works without it.
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Toasts: the server sends <template data-toast>, in its language; 4 s, with an undo form 8 s.
  function showToasts() {
    for (const template of all("template[data-toast]")) {
      const toast = document.createElement("div");
      toast.className = "toast";
      toast.append(template.content);
      template.remove();
      one("#toasts").append(toast);
      const stay = one("form", toast) ? 8000 : 4000;
      let timer = setTimeout(() => toast.remove(), stay);
      // Time stands still while someone is at the button.
      toast.addEventListener("focusin", () => clearTimeout(timer));
      toast.addEventListener("mouseenter", () => clearTimeout(timer));
      toast.addEventListener("mouseleave", () => (timer = setTimeout(() => toast.remove(), stay)));
    }
  }

  // The theme switch is a link; here it acts at once and keeps the same cookie.
  function switchTheme() {
    const root = document.documentElement;
    const dark =
      root.dataset.theme === "dark" ||
      (root.dataset.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax`;
    document.dispatchEvent(new Event("theme"));
  }

  document.addEventListener("click", (event) => {
    // A link to a dialog leads, without script, to the page with the dialog open.
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && one("#" + opener.dataset.dialog);
    if (dialog) event.preventDefault(), dialog.showModal();
    if (event.target.closest("[data-close]")) {
      event.preventDefault();
      event.target.closest("dialog")?.close();
    }
    if (event.target.closest("[data-theme-switch]")) {
      event.preventDefault();
      switchTheme();
    }
    for (const menu of all("details.user-menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
    const step = event.target.closest("[data-step]");
    if (step) {
      const field = one("input", step.parentElement);
      step.dataset.step === "up" ? field.stepUp() : field.stepDown();
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy);
  });

  // A dialog whose answer replaces a region is done when it is sent.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-closes]")) event.target.closest("dialog").close();
  });

  // A select or number field that posts its form by itself; its own button is for those without script.
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-autosubmit]")) event.target.form.requestSubmit();
  });

  // After a swap, focus goes back to the control of the same id, or to a summary of errors.
  let focused;
  document.addEventListener("htmx:before:swap", () => (focused = document.activeElement?.id));
  document.addEventListener("htmx:after:swap", () => {
    showToasts();
    const errors = one("#form-errors");
    if (errors) errors.focus();
    else if (focused && document.activeElement === document.body)
      document.getElementById(focused)?.focus({ preventScroll: true });
  });

  document.documentElement.classList.add("has-script");
  const asked = one("dialog[open]");
  if (asked) asked.removeAttribute("open"), asked.showModal();
  showToasts();
})();
