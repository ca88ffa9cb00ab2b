// The playground: Enter asks, Stop ends the answer, and the address names the conversation.
(() => {
  "use strict";

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("[data-enter]")) return;
    event.preventDefault();
    if (!event.target.form.hasAttribute("aria-busy")) event.target.form.requestSubmit();
  });

  // Of the two buttons one is hidden at a time, so neither keeps the focus.
  const focusQuestion = () => document.querySelector("[data-enter]").focus();

  document.addEventListener("submit", (event) => {
    if (event.target.id === "ask") focusQuestion();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-stop]")) return;
    htmx.trigger("#ask", "htmx:abort");
    focusQuestion();
  });

  document.addEventListener("htmx:finally:request", (event) => {
    const form = event.target;
    if (form.id !== "ask") return;
    // What broke off is shown as it was stored.
    for (const turn of document.querySelectorAll(".turn[aria-busy]")) {
      htmx.ajax("GET", turn.dataset.path, { source: turn, target: turn, swap: "outerHTML" });
    }
    if (document.querySelector(".turn")) {
      history.replaceState(history.state, "", `?session=${form.elements.namedItem("session").value}`);
    }
  });
})();
