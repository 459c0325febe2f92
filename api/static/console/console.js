// What HTML and htmx do not do by themselves. Nothing here is needed to read or to send a page.
"use strict";
(() => {
  const root = document.documentElement;

  // the reader's choice of light or dark, before the first paint
  const themes = ["light", "dark"];
  const keep = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* not allowed: for this page only */ } };
  try {
    const kept = localStorage.getItem("theme");
    if (themes.includes(kept)) root.dataset.theme = kept;
  } catch { /* the system's choice stays */ }

  const announce = (text) => {
    const place = document.getElementById("announced");
    if (place && text) place.textContent = text;
  };

  // where the focus returns to when a drawer is closed
  let opener = null;

  const closeDrawer = (drawer) => {
    const target = document.getElementById(drawer.dataset.opener || "") || opener;
    const close = drawer.querySelector("[data-close]");
    // a drawer that has an address of its own goes back by its link; any other is emptied
    if (close && close.matches("a[href]:not([hx-get])")) { close.click(); return; }
    drawer.replaceChildren();
    drawer.hidden = true;
    if (target && target.isConnected) target.focus();
  };

  document.addEventListener("click", (event) => {
    const at = event.target.closest("[data-theme-toggle], [data-dismiss], [data-close]");
    for (const open of document.querySelectorAll("details[data-closes][open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
    if (!at) return;
    if (at.hasAttribute("data-theme-toggle")) {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      keep(root.dataset.theme);
    } else if (at.hasAttribute("data-dismiss")) {
      at.closest(".toast, details").matches("details")
        ? (at.closest("details").open = false)
        : at.closest(".toast").remove();
    } else if (!at.matches("a[href]")) {
      closeDrawer(at.closest("[data-drawer]"));
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.activeElement.closest("details[data-closes][open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
      return;
    }
    const drawer = document.querySelector("[data-drawer]:not([hidden])");
    if (drawer && drawer.childElementCount) closeDrawer(drawer);
  });

  // a slider says its value at once; what follows from it comes from the server
  document.addEventListener("input", (event) => {
    const slider = event.target.closest("input[type=range][data-output]");
    if (!slider) return;
    const output = document.getElementById(slider.dataset.output);
    const value = Number(slider.value);
    const shown = slider.dataset.grouped === undefined ? String(value) : value.toLocaleString("en-US");
    const said = (slider.dataset.said || "{}").replace("{}", shown);
    output.textContent = (value >= Number(slider.max) && slider.dataset.topped) || said;
  });

  // a choice that filters is sent when it is made; without a script there is a button
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-sends]");
    if (form) form.requestSubmit();
  });

  document.addEventListener("dragover", (event) => {
    const drop = event.target.closest(".drop");
    if (!drop) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    const drop = event.target.closest(".drop");
    if (drop) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    const drop = event.target.closest(".drop");
    if (!drop) return;
    event.preventDefault();
    drop.classList.remove("over");
    const field = drop.querySelector("input[type=file]");
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // a secret that is shown once; without a script it is marked by hand
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copies);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // without https there is no clipboard, but what is marked can be copied
      if (!document.execCommand("copy")) return;
    }
    button.textContent = button.dataset.copied;
    announce(button.dataset.copied);
  });

  document.addEventListener("htmx:beforeRequest", (event) => { opener = event.detail.elt; });
  document.addEventListener("htmx:afterSettle", (event) => {
    // what a slider or a job changes beside it is told by its own live region
    const place = event.detail.elt;
    if (place.closest("[data-quiet]")) return;
    const heading = place.matches("h1, h2, h3") ? place : place.querySelector("[data-drawer] h2") || place.querySelector("h1, h2, h3");
    const summary = place.querySelector("[data-errors]");
    if (place.matches("[data-drawer]")) place.hidden = false;
    const target = summary || heading;
    if (!target) return;
    if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
    target.focus();
    announce(target.textContent.trim());
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  document.addEventListener("DOMContentLoaded", () => {
    root.classList.add("scripted");
    for (const button of document.querySelectorAll("[data-theme-toggle], [data-dismiss], [data-print], [data-copies]")) button.hidden = false;
    const errors = document.querySelector("[data-errors]");
    if (errors) errors.focus();
  });
})();
