import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { serveBench } from './child.ts';

/** What Nest's own starter makes on Fastify, and nothing more. */
class HelloController {
  hello(): string {
    return 'hello';
  }
}
// decorators written out: Node runs this file as it is, by stripping its types
const descriptor = Object.getOwnPropertyDescriptor(HelloController.prototype, 'hello') as PropertyDescriptor;
Get()(HelloController.prototype, 'hello', descriptor);
Controller()(HelloController);
class HelloModule {}
Module({ controllers: [HelloController] })(HelloModule);

const app = await NestFactory.create<NestFastifyApplication>(HelloModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
serveBench((app.getHttpServer().address() as { port: number }).port);
