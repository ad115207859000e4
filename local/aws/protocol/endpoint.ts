import { HttpServer } from "../../http/http-server.js";

/** A local AWS service, for the variable `AWS_ENDPOINT_URL_<service>` of AWS's SDKs. */
export abstract class Endpoint {
  readonly server = new HttpServer();

  get url(): string {
    return this.server.url;
  }

  listen(port = 0): Promise<string> {
    return this.server.listen(port);
  }

  /** Stops listening. The service behind the API keeps running. */
  close(): Promise<void> {
    return this.server.close();
  }
}
