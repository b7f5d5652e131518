import type { INestApplication } from '@nestjs/common';
import { Id, Role } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { ValidationFailed, type AdminRoute } from '@stampede/service-kit';
import { z } from 'zod';
import { KeyRing } from './key-ring';
import { Tokens } from './tokens';

const NewToken = z.strictObject({ role: Role.exclude(['buyer']), subject: Id.optional() });

/** What only whoever reaches the admin port may do: tokens of organisers and operators, and a new signing key. */
export function adminRoutes(app: INestApplication): Readonly<Record<string, AdminRoute>> {
  return {
    'POST /tokens': (body) => issueToken(app.get(Tokens), body),
    'POST /keys/rotate': () => app.get(KeyRing).rotate(),
  };
}

async function issueToken(tokens: Tokens, body: unknown): Promise<{ accessToken: string; expiresAt: string }> {
  const wish = NewToken.safeParse(body);
  if (!wish.success) {
    throw new ValidationFailed(
      wish.error.issues.map(({ path, message }) => ({ pointer: `/${path.join('/')}`, detail: message })),
    );
  }
  return tokens.issue({ id: wish.data.subject ?? uuidv7(), role: wish.data.role });
}
