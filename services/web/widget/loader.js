// What websites embed: the launcher, and at its first opening the frame with the chat. A classic script without
// dependencies. It is sent without comments and spaces, and called with the settings of one widget (loader.py).
// Until the visitor opens the chat it fetches nothing and stores nothing; what is needed only then is in bridge.js.
// Names that begin with $ are sent as letters.
(function ($settings) {
  const { id, sites, label = "Chat", text = "", error, icon, accent, ink, side, x = 0, y = 0, z, after, hidden = "", history, bridge } = $settings;
  const $script = document.currentScript;
  const $say = ($text) => console.info(`Chatmount: ${id} ${$text}`);

  // The page's function, in place of its stub: every widget of the page is told what the stub was told.
  let $page = window.chatmount;
  if (!$page?.widgets) {
    const q = $page?.q || [];
    $page = window.chatmount = (...call) => $page.widgets.forEach(({ run }) => run(...call));
    $page.q = q;
    $page.widgets = new Map();
  }

  const $make = ($name, $attributes) => {
    const $made = document.createElement($name);
    for (const $each in $attributes) $made.setAttribute($each, $attributes[$each]);
    return $made;
  };

  // Sites and paths come as marks, of four letters and of five: marks.py.
  const $has = ($marks, $size, text) => {
    let c = 2166136261;
    for (const $each of text) c = Math.imul(c ^ $each.charCodeAt(), 16777619);
    return $marks.match(RegExp(`.{${$size}}`, "g"))?.includes((c + 4e9).toString(36).slice(-$size));
  };
  // Of `https://a.b.test` also `//a.b.test`, then `https://*.b.test`, and so on.
  const $isListed = ($site, $wider = $site.replace(/\/\/(\*\.)?[^.]+/, "//*")) =>
    $has(sites, 4, $site) ||
    $has(sites, 4, $site.replace(/^\w+:/, "")) ||
    ($wider !== $site && $isListed($wider));
  const $isHidden = ($path) =>
    $has(hidden, 5, $path) || [...$path].some((v, at) => $has(hidden, 5, $path.slice(0, at + 1) + "*"));

  // In parentheses: browsers then compile it while they load it, and not on the page's thread.
  const $install = (() => {
    const $key = "chatmount:" + id;
    const $options = {};
    // What the browser keeps, or would keep if it could: the visitor's secret `v`, the conversation `c`, and `open`.
    let $memory = {};
    let $isAway, $bridge, $isLoading;
    let $tries = 0;

    // --- The launcher ---
    const $host = $make("chatmount-widget");
    const $root = $host.attachShadow({ mode: "open" });
    const $button = $make("button", { "aria-haspopup": "dialog", "aria-expanded": false });
    const $write = ($label, $text, $isBusy) => {
      $button.setAttribute("aria-label", $label);
      $button.textContent = $text;
      $button.ariaBusy = $isLoading = $isBusy;
    };
    $write(label, text);
    $root.append($button);
    // Above the other launchers of the page.
    const $bottom = y + 72 * [...$page.widgets.values()].filter(($other) => $other.side === side).length;
    const $style = ($css) => {
      try {
        // A page's style-src does not forbid this.
        const $sheet = new CSSStyleSheet();
        $sheet.replaceSync($css);
        $root.adoptedStyleSheets.push($sheet);
      } catch {
        const $made = $make("style", { nonce: $script.nonce });
        $made.append($css);
        $root.append($made);
      }
    };
    // The margins keep a long text off the other edge.
    $style(`:host{all:initial!important;position:fixed!important;z-index:${z}!important;bottom:${$bottom}px!important;margin:0 20px!important;${side}:${x - 20}px!important}
:host([hidden]){display:none!important}
button{all:unset;display:flex;align-items:center;gap:8px;height:54px;padding:0 15px;position:relative;z-index:1;border-radius:28px;background:${accent};color:${ink};font:600 16px system-ui,sans-serif;cursor:pointer;box-shadow:0 2px 16px #0005;border:1px solid #0000}
[aria-busy]{opacity:.6}
:focus-visible{outline:3px solid ${accent};outline-offset:3px}
button:before{content:"";border:12px solid;clip-path:path(evenodd,"${icon}")}
@media print{:host{display:none!important}}`);
    const $place = () => ($host.hidden = $isAway || (hidden && $isHidden(location.pathname)));
    const $emit = ($name, $data) => $host.dispatchEvent(Object.assign(new Event($name), { widget: id, ...$data }));

    // --- What the browser keeps ---
    const $attempt = ($work) => {
      try {
        if (history && $options.history !== false) $work();
      } catch {}
    };
    const $load = () => {
      $attempt(() => ($memory = JSON.parse(localStorage[$key]) || {}));
      return $memory;
    };

    // --- The bridge ---
    // A command that it carries out, or keeps until it is there.
    let $calls = [];
    const $act = (...call) => {
      if ($bridge) return $bridge(...call);
      $calls.push(call);
      if ($isLoading || call[0] === "close") return;
      $write(label, text, true);
      // Not a script element: some sites let nobody make one. What failed is tried again only under another address.
      import(new URL(bridge + "#" + $tries++, $script.src)).then(
        ($module) => {
          $bridge = $module.default($settings, $options, $host, $button, $bottom, $make, $style, $attempt, $load, $emit);
          $write(label, text);
          for (const call of $calls) $bridge(...call);
        },
        () => {
          $calls = [];
          $write(error, error);
          $emit("error", { status: 0 });
        },
      );
    };

    const $commands = {
      __proto__: null,
      open: $act,
      close: $act,
      toggle: $act,
      hide: () => $place(($isAway = true)),
      show: () => $place(($isAway = false)),
      new: ($name) => ($bridge || $load().c) && $act($name),
      on(v, $name, $handler) {
        $host.addEventListener($name, $handler);
        if ($name === "ready" && $host.isConnected) setTimeout($handler, 0, { widget: id });
      },
      off: (v, $name, $handler) => $host.removeEventListener($name, $handler),
      set($name, $given) {
        Object.assign($options, $given);
        try {
          if ($options.history === false) localStorage.removeItem($key);
        } catch {}
        $bridge?.($name);
      },
      destroy() {
        $host.remove();
        $page.widgets.delete(id);
      },
    };
    // Where a page has several, the id of one may come first.
    const $run = ($name, ...rest) => {
      if (/^wgt_/.test($name)) return $name === id && $run(...rest);
      if ($commands[$name]) $commands[$name]($name, ...rest);
      else $say(`has no command ${$name}.`);
    };

    // --- What happens on the page ---
    $button.onclick = () => $act("toggle");
    $button.onkeydown = ({ key }) => {
      if (key === "Escape") $act("close");
    };
    window.navigation?.addEventListener("currententrychange", $place);
    const $come = () => {
      $place();
      // Beside the body, which some sites exchange as a whole.
      document.documentElement.append($host);
      $emit("ready");
      // The first look at the storage takes long, and the page is still busy with itself.
      (window.requestIdleCallback || setTimeout)(() => {
        // On a phone, a page must not vanish behind the chat by itself. `outerWidth` is 0 for a while in a new document.
        const $again = ($wanted) => $wanted && !$host.hidden && innerWidth > 480 && innerHeight > 480 && $act("show");
        if (after) setTimeout(() => $again($load().open == null), after * 1000);
        $again($load().open);
      });
    };
    $page.widgets.set(id, { side, run: $run });
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", $come);
    else $come();
    for (const call of $page.q) $run(...call);
  });

  try {
    if ($page.widgets.has(id)) $say("is on this page already.");
    else if (sites != null && !$isListed(origin)) $say(`is not for ${origin}.`);
    else $install();
  } catch (error) {
    $say(`can't be shown here. ${error}`);
  }
})
