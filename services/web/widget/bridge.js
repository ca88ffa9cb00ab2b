// What a website's page needs from the first opening on, between its launcher and the frame: a module that loader.js
// fetches then. It gets the visitor's tickets, for only in the page is Origin the site's. Sent as loader.js is.
export default ($settings, $options, $host, $button, $bottom, $make, $style, $attempt, $load, $emit) => {
  const { id, label = "Chat", side, x = 0, messages } = $settings;
  const $base = new URL(import.meta.url).origin;
  // `$mine`: visitor and conversation of the frame's ticket.
  let $mine, $frame, $isReady, $wantsFocus;

  // --- The panel ---
  const $panel = $make("div", { role: "dialog", "aria-label": label, hidden: "" });
  // `--h`, `--t`: what a keyboard on the screen leaves of the window.
  $style(`[hidden]{display:none!important}
[aria-expanded=true]:before{clip-path:path("M5 3l7 7 7-7 2 2-7 7 7 7-2 2-7-7-7 7-2-2 7-7-7-7z")}
div{position:absolute;bottom:72px;${side}:0;width:400px;max-width:calc(100vw - ${2 * x}px);height:640px;max-height:calc(100vh - ${$bottom + 88}px);border-radius:16px;overflow:hidden;background:Canvas;box-shadow:0 2px 16px #0005;border:1px solid #0000}
iframe{width:100%;height:100%;border:0}
@media (max-width:480px),(max-height:480px){div{position:fixed;inset:var(--t,0) 0 auto;width:100%;height:var(--h,100%);max-width:none;max-height:none;border:0;border-radius:0}.full{z-index:2}}`);
  $button.after($panel);
  const $seen = window.visualViewport;
  const $fit = () => {
    // Not while somebody zooms in.
    if ($seen.scale === 1) $host.style.cssText = `--h:${$seen.height}px;--t:${$seen.offsetTop}px`;
  };
  $seen?.addEventListener("resize", $fit);
  $seen?.addEventListener("scroll", $fit);

  // --- The frame ---
  const $save = ($changes) => {
    const $kept = Object.assign($load(), $changes);
    $attempt(() => (localStorage["chatmount:" + id] = JSON.stringify($kept)));
  };
  const $tell = (type, data) =>
    $isReady && $frame.contentWindow?.postMessage({ type: "chatmount:" + type, ...data }, $base);
  const $tellOptions = () => $tell("set", { ...$options, color_scheme: $options.colorScheme });
  const $focus = () => {
    $frame.focus();
    $wantsFocus = !$isReady;
    $tell("focus");
  };
  const $build = () => {
    $panel.className = "";
    $frame = $make("iframe", {
      title: label,
      sandbox: "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-forms",
      allow: "",
      src: `${$base}/widget/frame/${id}?${origin}`,
    });
    $panel.replaceChildren($frame);
  };

  // --- Commands ---
  const $turn = ($isOpen) => {
    $panel.hidden = !$isOpen;
    $button.setAttribute("aria-expanded", $isOpen);
  };
  const $show = () => {
    if (!$panel.hidden) return;
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
    const $hadFocus = $host.shadowRoot.activeElement;
    $turn(false);
    if ($hadFocus) $button.focus();
    $save({ open: false });
    $emit("close");
  };
  const $commands = {
    show: $show,
    open: $open,
    close: $close,
    toggle: () => ($panel.hidden ? $open() : $close()),
    new() {
      if ($load().c) $save({ c: undefined });
      $tell("new");
    },
    set: $tellOptions,
  };

  // --- What the frame says ---
  const $heard = {
    __proto__: null,
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
    close: $close,
    forget: () => $save({ c: undefined }),
    error: ({ status }) => $emit("error", { status }),
    message: (data) => messages && $emit("message", { role: data.role, text: data.text }),
  };
  addEventListener("message", ({ source, origin, data }) => {
    // Extensions of browsers speak in every frame.
    const $hear = $heard[/^chatmount:(\w+)$/.exec(data?.type)?.[1]];
    if (!$host.isConnected || source !== $frame?.contentWindow || origin !== $base || !$hear) return;
    $isReady = true;
    // Only a frame that has spoken may cover the launcher: it has its own way to close it.
    $panel.className = "full";
    $hear(data);
  });

  return (name) => $commands[name]();
};
