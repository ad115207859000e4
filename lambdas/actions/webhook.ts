import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { serve } from "../webhook/api.js";

/** The HTTP API as a whole (payload format 2.0). */
export async function handler(request: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  return serve(request);
}
