// What a visitor reads when something was refused, and when they may try again.

import { SECOND } from "./notice.js";
import { tell } from "./parent.js";
import { say, sayRest } from "./texts.js";

const A_MINUTE = 60;

// `onAgain`: tries once more what was not a question; a question stands in the field again.
export function explain({ status, reason, seconds }, { notice, composer, onAgain }) {
  tell("error", { status });
  const again = onAgain && { name: "again", run: onAgain };
  if (status === 429 && (reason === "day" || reason === "month")) {
    notice.show("resting", sayRest(Date.now() + seconds * SECOND));
  } else if (status === 429) {
    const wait = seconds || A_MINUTE;
    composer.isHeld = true;
    setTimeout(() => (composer.isHeld = false), wait * SECOND);
    notice.countDown(wait, onAgain);
  } else if (status === 403 || status === 404) {
    composer.disable();
    notice.show("unavailable", say("unavailable"));
  } else if (status === 401) {
    notice.show("expired", say("expired"));
  } else if (status === 400 || status === 413) {
    notice.show("refused", say("refused"));
  } else if (navigator.onLine) {
    notice.show("unreachable", say("unreachable"), again);
  } else {
    notice.show("offline", say("offline"), again);
  }
}
