import { Controller, Module } from '@nestjs/common';
import { api, route } from '@stampede/contracts';
import { z } from 'zod';
import { GIVE_WAY_HEADER, giveWayHeader, mustGiveWay, noteRefusal } from './give-way';
import { Handle, defineSettings } from './index';
import { openService } from './testing';

const { look } = api('shop', {
  look: route({ method: 'GET', path: '/look', reply: z.unknown(), status: 200, codes: [] }),
}).routes;

@Controller()
class ShopController {
  @Handle(look)
  look() {
    return { shown: true };
  }
}

@Module({ controllers: [ShopController] })
class ShopModule {}

const settings = defineSettings('shop', {});
const call = async (edge: boolean): Promise<void> => {
  const service = await openService({ settings, load: () => ({ module: ShopModule, edge }) });
  const answer = await fetch(`${service.url}/look`, { headers: { [GIVE_WAY_HEADER]: '1' } });
  expect(answer.status).toBe(200);
  await service.stop();
};

afterEach(() => jest.restoreAllMocks());

test('a process that refuses buyers tells whom it calls, and gives way itself, for half a second', () => {
  const longAgo = -10_000; // before this process, so that the other test finds nobody refused
  const now = jest.spyOn(performance, 'now').mockReturnValue(longAgo);
  expect(giveWayHeader()).toEqual({});
  noteRefusal();
  expect(giveWayHeader()).toEqual({ 'x-give-way': '1' });
  expect(mustGiveWay()).toBe(true);
  now.mockReturnValue(longAgo + 501);
  expect(giveWayHeader()).toEqual({});
  expect(mustGiveWay()).toBe(false);
});

test('a service believes its callers, and the edge does not believe buyers', async () => {
  await call(true);
  expect(mustGiveWay()).toBe(false);
  await call(false);
  expect(mustGiveWay()).toBe(true);
});
