export { chart, type Stage } from './chart';
export { claimFiles, definitionOf, type ClaimFile } from './definition';
export { EVIDENCE, isClaimed, readEvidence, type ClaimState, type KeptProof } from './evidence';
export { factList } from './facts';
export { bytesOf, fitted } from './fit';
export { claimsPage } from './claims-page';
export { document, html, type Html } from './html';
export { keepEvidence, type KeptEvidence } from './keep-evidence';
export { line } from './latency-chart';
export { proofPage, type RawFile } from './proof-page';
export type { KeptJournal, NamedFile } from './raw-files';
export { figure, linearScale } from './scale';
export { STYLE } from './style';
export {
  keyFigures,
  machineInWords,
  moment,
  versionsInWords,
  whyInWords,
  type KeyFigure,
  type ShortProof,
} from './words';
