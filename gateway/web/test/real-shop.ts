/** Puts a match with a waiting room on sale in a running shop; needs an organiser's token in SHOP_ORGANISER_TOKEN. */
export async function realQueuedEvent(shopUrl: string): Promise<string> {
  const token = process.env['SHOP_ORGANISER_TOKEN'];
  if (!token) throw new Error('SHOP_ORGANISER_TOKEN is missing: npx stampede token --role organiser');
  const startsAt = new Date(Date.now() + 90 * 86_400_000).toISOString();
  const response = await fetch(`${shopUrl}/api/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      name: 'Spain v Argentina',
      startsAt,
      onSaleAt: new Date(0).toISOString().replace('1970', '2020'),
      venue: { name: 'MetLife Stadium', city: 'New York/New Jersey (East Rutherford)', countryCode: 'US' },
      categories: [{ category: 'CAT1', capacity: 500, price: { amount: 56_000, currency: 'USD' } }],
      admitPerSecond: 1,
    }),
  });
  if (!response.ok) throw new Error(`POST /events answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { eventId: string }).eventId;
}
