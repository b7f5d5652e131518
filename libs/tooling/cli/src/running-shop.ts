import type { AuditReport } from '@stampede/contracts';
import { Refusal, isRunning, readStatus, stateFolder } from '@stampede/supervisor';
import { adminPort, portBase, trafficPort } from '@stampede/topology';
import type { Surroundings } from './verb';

export interface RunningShop {
  readonly url: string;
  /** The gateway's internal routes, on a port that buyers do not reach. */
  readonly gatewayAdminUrl: string;
}

const ANSWER_MS = 30_000;
/** The audit reads every store, for a minute at most. */
const AUDIT_MS = 65_000;

export type Role = 'operator' | 'organiser';

/** The shop at `url`, or else the one that runs on this project's state. @throws Refusal when there is none */
export async function findShop({ root, env }: Surroundings, url: string | undefined): Promise<RunningShop> {
  if (url !== undefined) return shopAt(url);
  const folder = stateFolder(root, env);
  const status = (await isRunning(folder)) ? readStatus(folder) : undefined;
  if (status === undefined)
    throw new Refusal('no shop runs here: start one with `npm start`, or name another with --url');
  return { url: status.storefrontUrl, gatewayAdminUrl: status.gatewayAdminUrl };
}

/** An access token signed by the shop's own key ring. @throws Refusal when its gateway does not answer */
export async function issueToken(shop: RunningShop, role: Role, subject?: string): Promise<string> {
  const reply = await call(`${shop.gatewayAdminUrl}/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ role, ...(subject === undefined ? {} : { subject }) }),
  });
  const { accessToken } = (await reply.json()) as { accessToken?: string };
  if (accessToken === undefined)
    throw new Refusal(`${shop.gatewayAdminUrl} gives no tokens: is it a gateway's admin address?`);
  return accessToken;
}

/** What the shop says of its invariants. @throws Refusal when it cannot be asked */
export async function readAudit(shop: RunningShop, token: string): Promise<AuditReport> {
  const headers = { authorization: `Bearer ${token}` };
  return (await (await call(`${shop.url}/api/v1/audit`, { headers }, AUDIT_MS)).json()) as AuditReport;
}

/** A request whose failure is one line. @throws Refusal for no answer and for every status but 2xx */
export async function call(url: string, request: RequestInit = {}, timeoutMs = ANSWER_MS): Promise<Response> {
  const reply = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) }).catch((error: Error) => {
    throw new Refusal(`${new URL(url).origin} does not answer (${reasonOf(error)}): is the shop running?`, {
      cause: error,
    });
  });
  if (reply.ok) return reply;
  const problem = (await reply.json().catch(() => ({}))) as { detail?: string };
  throw new Refusal(`${url} answered ${reply.status}${problem.detail === undefined ? '' : `: ${problem.detail}`}`);
}

/** The admin port lies beside the traffic port in the port map, wherever its base is. */
function shopAt(text: string): RunningShop {
  if (!URL.canParse(text)) throw new Refusal(`--url must be an address such as http://localhost:8080, not "${text}"`);
  const admin = new URL(text);
  const base = portBase({});
  const port = Number(admin.port) || (admin.protocol === 'https:' ? 443 : 80);
  admin.port = String(port + adminPort(base, 'gateway') - trafficPort(base, 'gateway'));
  return { url: new URL(text).origin, gatewayAdminUrl: admin.origin };
}

function reasonOf(error: Error): string {
  const cause = error.cause as { code?: string } | undefined;
  return cause?.code ?? error.message;
}
