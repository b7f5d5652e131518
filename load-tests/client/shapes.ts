/** What the client reads of the shop's answers; all of it is in libs/model/contracts, which k6 does not load. */
export interface Session {
  readonly accessToken: string;
}

export interface Event {
  readonly eventId: string;
  readonly categories: readonly { readonly category: string }[];
  readonly degraded: readonly string[];
}

export interface EventList {
  readonly items: readonly { readonly eventId: string }[];
}

export interface QueuePlace {
  readonly state: 'waiting' | 'admitted';
  readonly estimatedWaitSeconds: number;
  readonly admissionToken?: string;
}

export interface Seat {
  readonly section: string;
  readonly row: string;
  readonly number: number;
}

export interface Hold {
  readonly holdId: string;
  readonly seats: readonly Seat[];
}

export interface Order {
  readonly orderId: string;
  readonly status: 'pending' | 'confirmed' | 'declined' | 'cancelled' | 'refunded';
  readonly total: number;
  readonly currency: string;
  readonly tickets: readonly { readonly ticketId: string; readonly seat: Seat }[];
}
