import { randomBytes, randomUUID } from "node:crypto";
import type { HttpRequest } from "../../http/http-server.js";
import { Access } from "../api/access.js";
import { type CoderApi, forbidden, jsonObject, notFound, Refusal, textField } from "../api/coder-api.js";
import type { FakeUser } from "../api/user.js";
import type { Users } from "./users.js";

/** A token that was created for a user and acts as that user until it is deleted. */
export interface FakeToken {
  /** The id for deleting the token; the key starts with it. */
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly user: FakeUser;
  /** The requested lifetime in nanoseconds; 0 for Coder's default. */
  readonly lifetime: number;
}

/** The session tokens: the server's own, and those minted for users. */
export class Tokens {
  /** The minted tokens that have not been deleted. */
  readonly minted: FakeToken[] = [];

  constructor(
    private readonly users: Users,
    private readonly own: string,
  ) {}

  callerOf(key: string): Access | undefined {
    if (key === this.own) return new Access(this.users.bot);
    const token = this.minted.find((one) => one.key === key);
    return token && token.user.status !== "suspended" ? new Access(token.user) : undefined;
  }

  mint(user: FakeUser, name: string = randomUUID(), lifetime = 0): FakeToken {
    const id = randomBytes(5).toString("hex");
    const token = { id, key: `${id}-${randomBytes(11).toString("hex")}`, name, user, lifetime };
    this.minted.push(token);
    return token;
  }

  routes(api: CoderApi): void {
    api.route("POST", "/api/v2/users/:user/keys/tokens", (request, caller) => {
      const user = this.#userWithKeys(request, caller);
      const body = jsonObject(request);
      const name = textField(body, "token_name");
      if (this.minted.some((one) => one.user === user && one.name === name)) {
        throw new Refusal(409, `A token with name "${name}" already exists.`, undefined, [
          { field: "name", detail: "This value is already in use and should be unique." },
        ]);
      }
      const { key } = this.mint(user, name, Number(body.lifetime ?? 0));
      return { status: 201, body: { key } };
    });
    api.route("DELETE", "/api/v2/users/:user/keys/:key", (request, caller) => {
      const user = this.#userWithKeys(request, caller);
      const at = this.minted.findIndex((one) => one.user === user && one.id === request.params.key);
      if (at < 0) throw notFound();
      this.minted.splice(at, 1);
      return { status: 204 };
    });
  }

  #userWithKeys({ params }: HttpRequest, caller: Access): FakeUser {
    const user = this.users.find(params.user ?? "", caller);
    if (!user || !caller.seesUser(user)) throw notFound();
    if (!caller.managesKeysOf(user)) throw forbidden();
    return user;
  }
}
