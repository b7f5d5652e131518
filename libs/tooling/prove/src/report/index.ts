export { claimFiles, definitionOf, type ClaimFile } from './definition';
export { EVIDENCE, isClaimed, readEvidence, type ClaimState, type KeptProof } from './evidence';
export { bytesOf, fitted } from './fit';
export { claimsPage } from './claims-page';
export { keepEvidence, type KeptEvidence } from './keep-evidence';
export { proofPage, type RawFile } from './proof-page';
export type { KeptJournal, NamedFile } from './raw-files';
export { keyFigures, machineInWords, moment, versionsInWords, type KeyFigure } from './words';
