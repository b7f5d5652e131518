-- The same e-mail is always the same buyer.
CREATE TABLE buyer (
  buyer_id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE, -- in lower case
  created_at timestamptz NOT NULL DEFAULT now()
);

-- The newest key that does not retire signs; a key verifies until retires_at.
CREATE TABLE signing_key (
  kid text PRIMARY KEY,
  private_jwk jsonb NOT NULL,
  public_jwk jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  retires_at timestamptz
);
CREATE UNIQUE INDEX signing_key_current ON signing_key ((true)) WHERE retires_at IS NULL;
