import { checkMachine, type Resources } from './checks';
import { imagesAtHand } from './images';
import { edgeKeys } from './keys';
import { gatewayApi, istio, meshRules, namespace } from './mesh';
import { imagesOnNodes, nodesReady, shopOnNodes } from './nodes';
import { platform } from './platform';
import { edge, shop } from './shop';
import { ADDRESS, type Site } from './site';
import { inOrder, runSteps, together, type Step } from './step';

/** From nothing to a shop that answers, in the order in which things need one another. */
export function stepsOf(site: Site): readonly Step[] {
  return [
    imagesAtHand(site),
    nodesReady(site),
    imagesOnNodes(site),
    // the shop's images are on their way to the nodes while what they need there starts
    together("the shop's images, the mesh, what scales and measures", [
      shopOnNodes(site),
      inOrder('the mesh', [gatewayApi(site), istio(site)]),
      platform(site),
    ]),
    namespace(site),
    meshRules(site),
    shop(site),
    edge(site),
    edgeKeys(site),
  ];
}

/**
 * A cluster with the shop on it, and its address. Doing it again does what is missing. @throws Refusal naming all that
 * this machine lacks, or the step that failed
 */
export async function clusterUp(site: Site, resources: Resources): Promise<string> {
  await checkMachine(site.commands, site.versions, resources, site.print);
  await runSteps(stepsOf(site), site.print);
  return ADDRESS;
}
