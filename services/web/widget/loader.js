// What websites embed: the launcher, and at its first opening the frame with the chat. A classic script without
// dependencies. It is sent without comments and indentation, and called with the settings of one widget (loader.py).
// Until the visitor opens the chat it fetches nothing and stores nothing.
(function (settings) {
  const { id, side, x, y, accent } = settings;
  const key = "chatmount:" + id;
  const say = (text) => console.info(`Chatmount (${id}): ${text}`);
  const script = document.currentScript;

  // The page's function, in place of its stub: every widget of the page is told what the stub was told.
  let page = window.chatmount;
  if (!page?.widgets) {
    const { q = [] } = page || {};
    page = window.chatmount = (...call) => page.widgets.forEach(({ run }) => run(...call));
    page.widgets = new Map();
    page.q = q;
  }

  // Without innerHTML: a page may ask for trusted types.
  const make = (name, attributes, space = "http://www.w3.org/1999/xhtml") => {
    const made = document.createElementNS(space, name);
    for (const each in attributes) made.setAttribute(each, attributes[each]);
    return made;
  };

  const install = () => {
    const base = new URL(script.src).origin;
    const options = {};
    // What the browser keeps, or would keep if it could: the visitor's secret `v`, the conversation `c`, and `open`.
    let memory = {};
    // With what the frame works.
    let mine, frame, isReady, wantsFocus, isAway;

    // --- The launcher and the panel ---
    const label = settings.title || "Chat";
    const host = make("chatmount-widget");
    const root = host.attachShadow({ mode: "open" });
    const button = make("button", { "aria-haspopup": "dialog", ...(settings.text ? {} : { "aria-label": label }) });
    const panel = make("div", { role: "dialog", "aria-label": label, hidden: "" });
    const SVG = "http://www.w3.org/2000/svg";
    const svg = make("svg", { viewBox: "0 0 24 24" }, SVG);
    const line = make("path", {}, SVG);
    svg.append(line);
    button.append(svg, settings.text);
    root.append(button, panel);
    // Above the other launchers of the page.
    const bottom = y + 72 * [...page.widgets.values()].filter((widget) => widget.side === side).length;
    // `--h`, `--t`: what a keyboard on the screen leaves of the window.
    const css = `:host{all:initial!important;position:fixed!important;z-index:${settings.z}!important;bottom:${bottom}px!important;${side}:${x}px!important}
:host([hidden]),[hidden]{display:none!important}
button{all:unset;box-sizing:border-box;display:flex;align-items:center;gap:8px;height:56px;padding:0 15px;border-radius:28px;background:${accent};color:${settings.ink};font:600 16px system-ui,sans-serif;cursor:pointer}
:focus-visible{outline:3px solid ${accent};outline-offset:3px}
svg{width:26px;fill:none;stroke:currentColor;stroke-width:2}
div{position:absolute;bottom:72px;${side}:0;width:400px;max-width:calc(100vw - ${2 * x}px);height:640px;max-height:calc(100vh - ${bottom + 88}px);border-radius:16px;overflow:hidden;background:Canvas}
button,div{box-shadow:0 2px 16px #0005}
.lost{height:128px}
iframe{width:100%;height:100%;border:0}
@keyframes come{0%{opacity:0}}
@media (prefers-reduced-motion:no-preference){div{animation:come .2s}}
@media (forced-colors:active){button,div{border:2px solid}}
@media (max-width:480px),(max-height:480px){div:not(.lost){position:fixed;inset:var(--t,0) 0 auto;width:100%;height:var(--h,100%);max-width:none;max-height:none;border-radius:0}}
@media print{:host{display:none!important}}`;
    try {
      // A page's style-src does not forbid these.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch {
      const style = make("style", { nonce: script.nonce });
      style.append(css);
      root.append(style);
    }
    const seen = window.visualViewport;
    const fit = () => {
      // Not while somebody zooms in.
      if (seen.scale === 1) host.style.cssText = `--h:${seen.height}px;--t:${seen.offsetTop}px`;
    };
    const place = () => (host.hidden = isAway || new RegExp(settings.hidden).test(location.pathname));

    const emit = (name, data) => host.dispatchEvent(Object.assign(new Event(name), { widget: id, ...data }));

    // --- What the browser keeps ---
    const isKept = () => settings.history && options.history !== false;
    const load = () => {
      try {
        if (isKept()) memory = JSON.parse(localStorage[key]);
      } catch {}
      return memory;
    };
    const save = (changes) => {
      memory = { ...load(), ...changes };
      try {
        if (isKept()) localStorage[key] = JSON.stringify(memory);
      } catch {}
    };

    // --- The frame ---
    const tell = (type, data) =>
      isReady && frame?.contentWindow?.postMessage({ type: "chatmount:" + type, ...data }, base);
    const tellOptions = () => tell("set", { ...options, color_scheme: options.colorScheme });
    const focus = () => {
      frame.focus();
      wantsFocus = !tell("focus");
    };
    const build = () => {
      isReady = false;
      panel.className = "";
      const built = (frame = make("iframe", {
        title: label,
        sandbox: "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-forms",
        allow: "",
        src: `${base}/widget/frame/${id}`,
      }));
      // The frame's scripts have run before it is loaded. Where they have not spoken, the browser shows an error.
      built.onload = () =>
        setTimeout(() => {
          if (built !== frame || isReady) return;
          panel.className = "lost";
          emit("error", { status: 0 });
        }, 2000);
      panel.replaceChildren(built);
    };

    const heard = {
      ready() {
        tellOptions();
        if (wantsFocus) focus();
      },
      async ticket(asked) {
        const { v, c } = (asked.renew && mine) || load();
        let answer = { error: 0 };
        try {
          const reply = await fetch(`${base}/widget/v1/ticket/${id}`, {
            method: "POST",
            credentials: "omit",
            body: JSON.stringify({ visitor: v, conversation: c, new: asked.new }),
          });
          answer = reply.ok
            ? await reply.json()
            : { error: reply.status, retry_after: +reply.headers.get("Retry-After") };
        } catch {}
        const { visitor, ...rest } = answer;
        if (visitor) {
          mine = { v: visitor, c: answer.conversation };
          // Another tab may have begun a conversation since this one was.
          if (asked.new || !asked.renew) save(mine);
        } else emit("error", { status: answer.error });
        tell("ticket", { ...rest, continued: c === rest.conversation });
      },
      close: () => close(),
      forget: () => save({ c: undefined }),
      error: ({ status }) => emit("error", { status }),
      message: ({ role, text }) => settings.messages && emit("message", { role, text }),
    };

    // --- Commands ---
    const turn = (isOpen) => {
      panel.hidden = !isOpen;
      button.setAttribute("aria-expanded", isOpen);
      line.setAttribute("d", isOpen ? "M6 6l12 12M18 6L6 18" : settings.icon);
    };
    const show = () => {
      if (!frame || panel.className) build();
      turn(true);
      emit("open");
    };
    const open = () => {
      if (panel.hidden) {
        show();
        save({ open: true });
      }
      focus();
    };
    const close = () => {
      if (panel.hidden) return;
      const hadFocus = root.activeElement;
      turn(false);
      if (hadFocus) button.focus();
      save({ open: false });
      emit("close");
    };
    const toggle = () => (panel.hidden ? open() : close());
    const commands = {
      open,
      close,
      toggle,
      hide: () => place((isAway = true)),
      show: () => place((isAway = false)),
      new: () => tell("new") ?? save({ c: undefined }),
      on(name, handler) {
        host.addEventListener(name, handler);
        if (name === "ready" && host.isConnected) setTimeout(handler, 0, { widget: id });
      },
      off: (name, handler) => host.removeEventListener(name, handler),
      set(given) {
        Object.assign(options, given);
        try {
          if (!isKept()) localStorage.removeItem(key);
        } catch {}
        tellOptions();
      },
      destroy() {
        host.remove();
        frame = null;
        page.widgets.delete(id);
      },
    };
    const run = (name, ...rest) => (commands[name] ? commands[name](...rest) : say(`there is no command ${name}.`));

    // --- What happens on the page ---
    button.onclick = toggle;
    root.onkeydown = (event) => event.key === "Escape" && close();
    addEventListener("message", ({ source, origin, data }) => {
      if (!frame || source !== frame.contentWindow || origin !== base) return;
      isReady = true;
      heard[data.type.slice(10)]?.(data);
    });
    seen?.addEventListener("resize", fit);
    seen?.addEventListener("scroll", fit);
    window.navigation?.addEventListener("currententrychange", place);
    addEventListener("storage", (event) => {
      // Another tab has begun a conversation. Nobody looks at this one, so it can follow.
      if (event.key !== key || !frame || !document.hidden || load().c === mine?.c) return;
      if (panel.hidden) frame = null;
      else build();
    });
    const come = () => {
      turn(false);
      place();
      // Beside the body, which some sites exchange as a whole.
      document.documentElement.append(host);
      emit("ready");
      // On a phone, a page must not vanish behind the chat by itself.
      if (innerWidth <= 480) return;
      if (load().open) show();
      else if (settings.after) {
        setTimeout(() => load().open === undefined && panel.hidden && show(), settings.after * 1000);
      }
    };
    page.widgets.set(id, { side, run });
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", come);
    else come();
    for (const call of page.q) run(...call);
  };

  try {
    if (page.widgets.has(id)) say("it is on this page already.");
    else if (!new RegExp(settings.sites).test(origin)) say(`${origin} is not one of its sites.`);
    else install();
  } catch (error) {
    say(`it can't be shown here. ${error}`);
  }
})
