// Files are sent one a request, a few at a time, with a row for each until it is in the list.
(() => {
  "use strict";

  const AT_ONCE = 3;
  const SHOWN_AS_ADDED = 100;
  const waiting = [];
  const added = [];
  let sending = 0;
  let isListDue = false;

  function take(form, files) {
    const most = Number(form.dataset.most);
    [...files].forEach((file, number) => {
      const row = show(file);
      if (number < most) waiting.push({ form, file, row });
      else say(row, `At most ${most} files can be sent at a time. Send this one again.`);
    });
    form.reset();
    next();
  }

  function show(file) {
    const row = document.createElement("li");
    const name = document.createElement("bdi");
    const progress = document.createElement("progress");
    name.textContent = file.name;
    progress.max = 1;
    progress.value = 0;
    progress.setAttribute("aria-label", `Sending ${file.name}`);
    row.append(name, progress);
    document.getElementById("uploads").append(row);
    return row;
  }

  function say(row, text) {
    const said = document.createElement("span");
    said.className = "wrong";
    said.textContent = text;
    row.querySelector("progress").replaceWith(said);
  }

  function next() {
    while (sending < AT_ONCE && waiting.length) send(waiting.shift());
  }

  function send({ form, file, row }) {
    const body = new FormData();
    body.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.upload.onprogress = (event) => (row.querySelector("progress").value = event.loaded / event.total);
    request.onloadend = () => {
      sending -= 1;
      end(request, row);
      next();
    };
    sending += 1;
    request.send(body);
  }

  function end(request, row) {
    const elsewhere = request.getResponseHeader("HX-Redirect");
    if (elsewhere) return location.assign(elsewhere);
    if (!request.status) return say(row, "It was cut off on its way. Send it again.");
    if (request.status !== 200) return say(row, `It could not be sent (${request.status}). Send it again.`);
    const [outcome] = JSON.parse(request.responseText);
    if (outcome.error) return say(row, outcome.error);
    row.remove();
    added.push(outcome.source_id);
    showList();
  }

  function showList() {
    if (isListDue) return;
    isListDue = true;
    setTimeout(() => {
      isListDue = false;
      const path = `${location.pathname}?added=${added.slice(-SHOWN_AS_ADDED).join(",")}`;
      htmx.ajax("GET", path, { source: "#sources", target: "#sources", select: "#sources", swap: "outerMorph" });
    }, 500);
  }

  const formOf = (event) => event.target.closest?.("form[data-upload]");

  document.addEventListener("change", (event) => {
    const form = formOf(event);
    if (form) take(form, event.target.files);
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const form = formOf(event);
      form?.classList.toggle("over", name === "dragover");
      if (!form || name === "dragleave") return;
      event.preventDefault();
      if (name === "drop") take(form, event.dataTransfer.files);
    });
  }
  // Before app.js, which waits for the page that a form leads to.
  document.addEventListener(
    "submit",
    (event) => {
      if (!formOf(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  window.addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });
})();
