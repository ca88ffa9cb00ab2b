// Follows what comes in at the end, unless somebody reads further up.

const NEAR = 40;

export class Follower {
  onMove = () => {};
  #scrollers;
  #isAtEnd = true;
  #isFollowing = false;

  constructor(scroller, inner) {
    this.#scrollers = [scroller, document.scrollingElement];
    scroller.addEventListener("scroll", () => this.#look(), { passive: true });
    // Where there is little height, the page scrolls in its place: panel.css.
    document.addEventListener("scroll", () => this.#look(), { passive: true });
    const watch = new ResizeObserver(() => (this.#isFollowing && this.#isAtEnd ? this.toEnd() : this.#look()));
    watch.observe(inner);
    watch.observe(scroller);
  }

  // Back to the beginning, where nothing comes in.
  rest() {
    this.#isFollowing = false;
    for (const each of this.#scrollers) each.scrollTop = 0;
  }

  toEnd() {
    this.#isFollowing = true;
    for (const each of this.#scrollers) each.scrollTop = each.scrollHeight;
    this.#look();
  }

  #look() {
    this.#isAtEnd = this.#scrollers.every((each) => each.scrollHeight - each.scrollTop - each.clientHeight < NEAR);
    this.onMove(this.#isAtEnd);
  }
}
