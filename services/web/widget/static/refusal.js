// Why something was not done.

export class Refusal extends Error {
  // `status`: of HTTP; 0 when nothing could be reached. `reason`: which limit. `seconds`: when to try again.
  constructor(status, reason = "", seconds = 0) {
    super(`${status} ${reason}`);
    this.status = status;
    this.reason = reason;
    this.seconds = seconds;
  }

  static of({ status, headers }) {
    return new Refusal(status, headers.get("x-ratelimit-reason") ?? "", Number(headers.get("retry-after")) || 0);
  }

  // What cannot be told apart from a network that is gone.
  static from(error) {
    return error instanceof Refusal ? error : new Refusal(0);
  }
}
