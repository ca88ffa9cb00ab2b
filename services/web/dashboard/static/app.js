// What the pages do beyond links and forms. All of it is comfort: without it everything still works.
(() => {
  "use strict";

  // Dialogs: htmx puts a page into <dialog>, which is shown then and emptied when it is closed.
  const dialog = () => document.getElementById("dialog");
  const FIELDS = ":is(input, select, textarea):not([type=hidden], [hidden])";

  document.addEventListener("htmx:after:swap", () => {
    const shown = dialog();
    if (shown.childElementCount && !shown.open) shown.showModal();
    (shown.querySelector("[autofocus]") ?? shown.querySelector(FIELDS))?.focus();
  });
  document.addEventListener("close", (event) => {
    // What was done in the dialog has changed the page behind it.
    const isStale = event.target.querySelector?.("[data-stale]");
    event.target.replaceChildren?.();
    if (isStale) location.reload();
  }, true);
  // Nor is it there for whoever goes back to it: it may be a secret.
  window.addEventListener("pagehide", () => {
    if (!dialog().querySelector("[data-stale]")) return;
    dialog().replaceChildren();
    dialog().close();
  });
  document.addEventListener("click", (event) => {
    // Beside the dialog, its box alone is the target.
    if (event.target === dialog() || event.target.closest?.("[data-close]")) dialog().close();
  });

  // A form is sent once: its button is off until there is a reply. What was typed survives a session that has ended.
  const TYPED = "chatmount-typed";
  const OPEN_PAGES = /^\/dashboard\/(sign-in|link|invitation)$/;

  function typedIn(form) {
    return [...form.elements]
      .filter((field) => field.name && /^(text|textarea|email|search|url|number|date|select-one)$/.test(field.type))
      .map((field) => [field.name, field.value]);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    const buttons = form.querySelectorAll("button:not([type=button])");
    setTimeout(() => {
      form.setAttribute("aria-busy", "true");
      buttons.forEach((button) => (button.disabled = true));
    });
    if (!OPEN_PAGES.test(location.pathname)) {
      const path = new URL(form.action).pathname;
      sessionStorage.setItem(TYPED, JSON.stringify({ path, fields: typedIn(form), isKept: false }));
    }
  });

  function free(form) {
    form.removeAttribute("aria-busy");
    form.querySelectorAll("button").forEach((button) => (button.disabled = false));
  }

  document.addEventListener("htmx:finally:request", () => {
    document.querySelectorAll("form[aria-busy]").forEach(free);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[aria-busy]").forEach(free);
  });

  function bringBack() {
    const typed = JSON.parse(sessionStorage.getItem(TYPED) ?? "null");
    if (!typed) return;
    if (OPEN_PAGES.test(location.pathname)) {
      sessionStorage.setItem(TYPED, JSON.stringify({ ...typed, isKept: true }));
      return;
    }
    sessionStorage.removeItem(TYPED);
    if (!typed.isKept || typed.path !== location.pathname) return;
    const form = [...document.forms].find((each) => each.method === "post" && new URL(each.action).pathname === typed.path);
    for (const [name, value] of typed.fields) {
      const field = form?.elements.namedItem(name);
      if (field && "value" in field) field.value = value;
    }
  }

  // Notices are of one moment: a page that is loaded again does not repeat them.
  function forgetNotice() {
    const address = new URL(location.href);
    if (!address.searchParams.has("done")) return;
    address.searchParams.delete("done");
    history.replaceState(history.state, "", address);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      // Only https pages may write to the clipboard: the text is selected, and a key copies it.
      getSelection().selectAllChildren(text);
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });

  // On a phone, sections stand in a row that is longer than the screen.
  function showSection() {
    for (const link of document.querySelectorAll(".sections [aria-current]")) {
      const row = link.closest("ul");
      row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.offsetWidth) / 2;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    showSection();
    bringBack();
    forgetNotice();
  });
})();
