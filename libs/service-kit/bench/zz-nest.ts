import 'reflect-metadata';
import { Controller, Module, Post, Body, Param, HttpCode } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { serveBench } from './child.ts';
class C { async place(eventId: string, b: any) { return { eventId, holdId: b.holdId, status: 'pending', seats: b.seats }; } }
const d = Object.getOwnPropertyDescriptor(C.prototype, 'place') as PropertyDescriptor;
Post('/events/:eventId/orders')(C.prototype, 'place', d); HttpCode(202)(C.prototype, 'place', d);
Param('eventId')(C.prototype, 'place', 0); Body()(C.prototype, 'place', 1); Controller()(C);
class M {} Module({ controllers: [C] })(M);
const app = await NestFactory.create(M, new FastifyAdapter({ skipMiddie: process.env['MIDDIE'] === undefined } as any) as any, { logger: false });
await app.listen(0, '127.0.0.1');
serveBench((app.getHttpServer().address() as any).port);
