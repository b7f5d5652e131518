import { Controller, Get } from '@nestjs/common';
import { PUBLIC_PREFIX, openApiDocument } from '@stampede/contracts';
import type { JWK } from 'jose';
import { KeyRing } from './key-ring';

/** Of the API, not of a release: it changes when a route does. */
const API_VERSION = '1.0.0';
const document = openApiDocument(API_VERSION);

/** What clients and meshes read about the API itself. */
@Controller()
export class DocumentsController {
  constructor(private readonly ring: KeyRing) {}

  @Get(`${PUBLIC_PREFIX}/openapi.json`)
  openApi(): object {
    return document;
  }

  @Get('.well-known/jwks.json')
  jwks(): { keys: JWK[] } {
    return this.ring.jwks;
  }
}
