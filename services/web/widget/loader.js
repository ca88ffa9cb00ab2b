// What websites embed: the launcher, and at its first opening the frame with the chat. A classic script without
// dependencies. It is sent without comments and spaces, and called with the settings of one widget (loader.py).
// Until the visitor opens the chat it fetches nothing and stores nothing. Names that begin with $ are sent as letters.
(function ({ id, sites, title, text = "", icon, accent, ink, side, x = 0, y = 0, z, after, hidden, history, messages }) {
  const $key = "chatmount:" + id;
  const $script = document.currentScript;
  const $say = (text) => console.info(`Chatmount: ${id} ${text}`);

  // The page's function, in place of its stub: every widget of the page is told what the stub was told.
  let $page = window.chatmount;
  if (!$page?.widgets) {
    const q = $page?.q || [];
    $page = window.chatmount = (...call) => $page.widgets.forEach(({ run }) => run(...call));
    Object.assign($page, { q, widgets: new Map() });
  }

  const $make = (name, $attributes) => {
    const $made = document.createElement(name);
    for (const each in $attributes) $made.setAttribute(each, $attributes[each]);
    return $made;
  };

  const $install = () => {
    const $base = new URL($script.src).origin;
    const $options = {};
    // What the browser keeps, or would keep if it could: the visitor's secret `v`, the conversation `c`, and `open`.
    let $memory = {};
    // `$mine`: visitor and conversation of the frame's ticket.
    let $mine, $frame, $isReady, $wantsFocus, $isAway;

    // --- The launcher and the panel ---
    const $label = text || title || "Chat";
    const $host = $make("chatmount-widget");
    const $root = $host.attachShadow({ mode: "open" });
    const $button = $make("button", { "aria-haspopup": "dialog", "aria-label": $label });
    const $panel = $make("div", { role: "dialog", "aria-label": $label, hidden: "" });
    $button.append(text);
    $root.append($button, $panel);
    // Above the other launchers of the page.
    const $bottom = y + 72 * [...$page.widgets.values()].filter((widget) => widget.side === side).length;
    // `--h`, `--t`: what a keyboard on the screen leaves of the window.
    const $css = `:host{all:initial!important;position:fixed!important;z-index:${z}!important;bottom:${$bottom}px!important;${side}:${x}px!important}
:host([hidden]),[hidden]{display:none!important}
button{all:unset;box-sizing:border-box;display:flex;align-items:center;gap:8px;height:56px;padding:0 15px;position:relative;z-index:1;border-radius:28px;background:${accent};color:${ink};font:600 16px system-ui,sans-serif;cursor:pointer}
:focus-visible{outline:3px solid ${accent};outline-offset:3px}
button:before{content:"";border:12px solid;clip-path:path(evenodd,"${icon}")}
[aria-expanded=true]:before{clip-path:path("M5 3l7 7 7-7 2 2-7 7 7 7-2 2-7-7-7 7-2-2 7-7-7-7z")}
div{position:absolute;bottom:72px;${side}:0;width:400px;max-width:calc(100vw - ${2 * x}px);height:640px;max-height:calc(100vh - ${$bottom + 88}px);border-radius:16px;overflow:hidden;background:Canvas}
button,div{box-shadow:0 2px 16px #0005;border:1px solid #0000}
iframe{width:100%;height:100%;border:0}
@media (max-width:480px),(max-height:480px){div{position:fixed;inset:var(--t,0) 0 auto;width:100%;height:var(--h,100%);max-width:none;max-height:none;border:0;border-radius:0}.full{z-index:2}}
@media print{:host{display:none!important}}`;
    try {
      // A page's style-src does not forbid this.
      const $sheet = new CSSStyleSheet();
      $sheet.replaceSync($css);
      $root.adoptedStyleSheets = [$sheet];
    } catch {
      const $style = $make("style", { nonce: $script.nonce });
      $style.append($css);
      $root.append($style);
    }
    const $seen = window.visualViewport;
    const $fit = () => {
      // Not while somebody zooms in.
      if ($seen.scale === 1) $host.style.cssText = `--h:${$seen.height}px;--t:${$seen.offsetTop}px`;
    };
    const $place = () => ($host.hidden = $isAway || (hidden && new RegExp(hidden).test(location.pathname)));

    const $emit = (name, data) => $host.dispatchEvent(Object.assign(new Event(name), { widget: id, ...data }));

    // --- What the browser keeps ---
    const $isKept = () => history && $options.history !== false;
    const $attempt = (work) => {
      try {
        work();
      } catch {}
    };
    const $load = () => {
      $attempt(() => $isKept() && ($memory = JSON.parse(localStorage[$key]) || {}));
      return $memory;
    };
    const $save = ($changes) => {
      $memory = { ...$load(), ...$changes };
      $attempt(() => $isKept() && (localStorage[$key] = JSON.stringify($memory)));
    };

    // --- The frame ---
    const $tell = (type, data) =>
      $isReady && $frame.contentWindow?.postMessage({ type: "chatmount:" + type, ...data }, $base);
    const $tellOptions = () => $tell("set", { ...$options, color_scheme: $options.colorScheme });
    const $focus = () => {
      $frame.focus();
      $wantsFocus = !$isReady;
      $tell("focus");
    };
    const $build = () => {
      $isReady = false;
      $panel.className = "";
      $frame = $make("iframe", {
        title: $label,
        sandbox: "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-forms",
        allow: "",
        src: `${$base}/widget/frame/${id}?${origin}`,
      });
      $panel.replaceChildren($frame);
    };

    const $heard = {
      ready() {
        $tellOptions();
        if ($wantsFocus) $focus();
      },
      async ticket($asked) {
        const { v, c } = ($asked.renew && $mine) || $load();
        let $answer = { error: 0 };
        try {
          const $reply = await fetch(`${$base}/widget/v1/ticket/${id}`, {
            method: "POST",
            credentials: "omit",
            body: JSON.stringify({ visitor: v, conversation: c, new: $asked.new }),
          });
          $answer = $reply.ok
            ? await $reply.json()
            : { error: $reply.status, retry_after: +$reply.headers.get("Retry-After") };
        } catch {}
        const { visitor, ...rest } = $answer;
        if (visitor) {
          $mine = { v: visitor, c: $answer.conversation };
          // Another tab may have begun a conversation since this one was.
          if ($asked.new || !$asked.renew) $save($mine);
        } else $emit("error", { status: $answer.error });
        $tell("ticket", { ...rest, continued: c === rest.conversation });
      },
      close: () => $close(),
      forget: () => $save({ c: undefined }),
      error: ({ status }) => $emit("error", { status }),
      message: (data) => messages && $emit("message", { role: data.role, text: data.text }),
    };

    // --- Commands ---
    const $turn = ($isOpen) => {
      $panel.hidden = !$isOpen;
      $button.setAttribute("aria-expanded", $isOpen);
    };
    const $show = () => {
      if (!$isReady) $build();
      $turn(true);
      $emit("open");
    };
    const $open = () => {
      if ($panel.hidden) {
        $show();
        $save({ open: true });
      }
      $focus();
    };
    const $close = () => {
      if ($panel.hidden) return;
      const $hadFocus = $root.activeElement;
      $turn(false);
      if ($hadFocus) $button.focus();
      $save({ open: false });
      $emit("close");
    };
    const $commands = {
      __proto__: null,
      open: $open,
      close: $close,
      toggle: () => ($panel.hidden ? $open() : $close()),
      hide: () => $place(($isAway = true)),
      show: () => $place(($isAway = false)),
      new() {
        if ($load().c) $save({ c: undefined });
        $tell("new");
      },
      on(name, $handler) {
        $host.addEventListener(name, $handler);
        if (name === "ready" && $host.isConnected) setTimeout($handler, 0, { widget: id });
      },
      off: (name, $handler) => $host.removeEventListener(name, $handler),
      set($given) {
        Object.assign($options, $given);
        $attempt(() => $isKept() || localStorage.removeItem($key));
        $tellOptions();
      },
      destroy() {
        $host.remove();
        $frame = $isReady = null;
        $page.widgets.delete(id);
      },
    };
    // Where a page has several, the id of one may come first.
    const $run = (name, ...rest) => {
      if (/^wgt_/.test(name)) return name === id && $run(...rest);
      if ($commands[name]) $commands[name](...rest);
      else $say(`has no command ${name}.`);
    };

    // --- What happens on the page ---
    $button.onclick = $commands.toggle;
    $button.onkeydown = (event) => {
      if (event.key === "Escape") $close();
    };
    addEventListener("message", ({ source, origin, data }) => {
      // Extensions of browsers speak in every frame.
      const $hear = $heard[/^chatmount:(\w+)$/.exec(data?.type)?.[1]];
      if (!$frame || source !== $frame.contentWindow || origin !== $base || !$hear) return;
      $isReady = true;
      // Only a frame that has spoken may cover the launcher: it has its own way to close it.
      $panel.className = "full";
      $hear(data);
    });
    $seen?.addEventListener("resize", $fit);
    $seen?.addEventListener("scroll", $fit);
    window.navigation?.addEventListener("currententrychange", $place);
    const $come = () => {
      $place();
      // Beside the body, which some sites exchange as a whole.
      document.documentElement.append($host);
      $emit("ready");
      // The first look at the storage takes long, and the page is still busy with itself.
      (window.requestIdleCallback || setTimeout)(() => {
        const { open } = $load();
        // On a phone, a page must not vanish behind the chat by itself.
        const $again = ($wanted) => $wanted && !$host.hidden && $panel.hidden && outerWidth > 480 && $show();
        if (open === undefined && after) setTimeout(() => $again($load().open === undefined), after * 1000);
        $again(open);
      });
    };
    $turn(false);
    $page.widgets.set(id, { side, run: $run });
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", $come);
    else $come();
    for (const call of $page.q) $run(...call);
  };

  try {
    if ($page.widgets.has(id)) $say("is on this page already.");
    else if (sites && !new RegExp(sites).test(origin)) $say(`is not for ${origin}.`);
    else $install();
  } catch (error) {
    $say(`can't be shown here. ${error}`);
  }
})
