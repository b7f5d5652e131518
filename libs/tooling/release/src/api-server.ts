import { request, type RequestOptions } from 'node:https';
import { Refusal } from '@stampede/supervisor';

/** How kubectl reaches the cluster, as `kubectl config view` prints it. */
interface KubeConfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
  readonly users: readonly {
    readonly user: { readonly 'client-certificate-data'?: string; readonly 'client-key-data'?: string };
  }[];
}

export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** Asks the cluster's API. A release looks twice a second: a kubectl each time would cost a tenth of a core. */
export type ApiServer = (
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: unknown,
  contentType?: string,
) => Promise<Answered>;

const TIMEOUT_MS = 10_000;

/** @throws Refusal where kubectl reaches the cluster by other means than a certificate */
export function apiServer(kubeConfig: string): ApiServer {
  const { clusters, users } = JSON.parse(kubeConfig) as KubeConfig;
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
  const [certificate, key] = [user?.['client-certificate-data'], user?.['client-key-data']];
  if (cluster === undefined || certificate === undefined || key === undefined)
    throw new Refusal('there is no cluster with a client certificate: `npx stampede cluster up` makes one');
  const secrets: RequestOptions = {
    ca: decoded(cluster['certificate-authority-data']),
    cert: decoded(certificate),
    key: decoded(key),
    timeout: TIMEOUT_MS,
  };
  return (method, path, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': contentType };
      const asked = request(new URL(path, cluster.server), { ...secrets, method, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
        );
      });
      asked.once('timeout', () => asked.destroy(new Error(`the cluster does not answer ${path} in time`)));
      asked.once('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
}

function decoded(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
