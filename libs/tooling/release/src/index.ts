export type {
  Breach,
  Compared,
  Measured,
  ReleaseEvent,
  ReleaseRecord,
  ReleaseSample,
  ReleaseVerdict,
  ReleaseWish,
  Strategy,
} from './record';
