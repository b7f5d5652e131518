// What others wrote in an image: their licences, and the same as a bill of materials.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Each package's name, version, licence and its text, in the order of folders. `folders` are relative to `root`. */
export function licences(root, folders) {
  const notices = folders.map((folder) => {
    const { name, version, license } = readJson(join(root, folder, 'package.json'));
    const [file] = globSync('{LICENSE,LICENCE,License,license}*', { cwd: join(root, folder) }).toSorted();
    const text = file === undefined ? '' : `\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
    return `${name} ${version} (${license ?? 'see its text'})\n${text}`;
  });
  return notices.join(`\n${'-'.repeat(80)}\n\n`);
}

/**
 * CycloneDX 1.6 of exactly these packages, with the hashes of the lock file. Without time and serial number, so that
 * the same sources give the same bytes.
 */
export function billOfMaterials(root, { name, version, folders }) {
  const { packages } = readJson(join(root, 'package-lock.json'));
  const components = folders.map((folder) =>
    componentOf(readJson(join(root, folder, 'package.json')), packages[folder]),
  );
  const component = { type: 'application', 'bom-ref': `stampede/${name}`, name: `stampede/${name}`, version };
  return { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata: { component }, components };
}

function componentOf({ name, version, license, description }, locked) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [algorithm, digest] = (locked?.integrity ?? '').split('-');
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    ...(typeof description === 'string' ? { description } : {}),
    ...(typeof license === 'string' ? { licenses: [licenceOf(license)] } : {}),
    purl,
    ...(algorithm === 'sha512' ? { hashes: [{ alg: 'SHA-512', content: hexadecimal(digest) }] } : {}),
  };
}

const licenceOf = (text) => (/[ (]/.test(text) ? { expression: text } : { license: { id: text } });
const hexadecimal = (base64) => Buffer.from(base64, 'base64').toString('hex');
