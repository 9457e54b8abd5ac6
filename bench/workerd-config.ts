/** Prints the configuration that serves the bench's Workers. */
import { unstable_readConfig } from "wrangler";

/** A Worker of a workerd: it listens on a socket of its own, and its objects keep SQLite files on the local disk. */
export interface ServedWorker {
  /** Of its socket, too. */
  readonly name: string;
  /** The file of its module, beside the configuration. */
  readonly module: string;
  /** Its Durable Objects: binding → class. */
  readonly durableObjects: Readonly<Record<string, string>>;
  /** Another Worker's Durable Objects: binding → whose, and the class. */
  readonly objectsOfOthers: Readonly<Record<string, { readonly worker: string; readonly className: string }>>;
  /** Other Workers of this workerd: binding → whose, and by which of their entrypoints. */
  readonly services: Readonly<Record<string, { readonly worker: string; readonly entrypoint: string }>>;
  /** Its secrets: binding → text. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Prints a configuration for `workerd serve`: on loopback, ports for the system to choose. */
export function printConfig(workers: readonly ServedWorker[], stateDir: string, wranglerFile: string): string {
  const { compatibility_date, compatibility_flags, vars } = unstable_readConfig({ config: wranglerFile });
  const text = JSON.stringify;
  const flags = compatibility_flags.map((flag: string) => text(flag)).join(", ");
  const services = workers.map(({ name }) => `(name = ${text(name)}, worker = .${name})`);
  const sockets = workers.map(
    ({ name }) => `(name = ${text(name)}, address = "127.0.0.1:0", http = (), service = ${text(name)})`,
  );
  const constants = workers.map(({ name, module, durableObjects, objectsOfOthers, services: called, secrets }) => {
    const namespaces = Object.values(durableObjects).map(
      (className) => `(className = ${text(className)}, uniqueKey = ${text(`${name}-${className}`)}, enableSql = true)`,
    );
    const bindings = [
      ...Object.entries(durableObjects).map(
        ([binding, className]) => `(name = ${text(binding)}, durableObjectNamespace = ${text(className)})`,
      ),
      ...Object.entries(objectsOfOthers).map(
        ([binding, { worker, className }]) =>
          `(name = ${text(binding)}, durableObjectNamespace = (className = ${text(className)}, serviceName = ${text(worker)}))`,
      ),
      ...Object.entries(called).map(
        ([binding, { worker, entrypoint }]) =>
          `(name = ${text(binding)}, service = (name = ${text(worker)}, entrypoint = ${text(entrypoint)}))`,
      ),
      ...Object.entries({ ...vars, ...secrets }).map(
        ([binding, secret]) => `(name = ${text(binding)}, text = ${text(secret)})`,
      ),
    ];
    return `const ${name} :Workerd.Worker = (
  modules = [ (name = "worker", esModule = embed ${text(module)}) ],
  compatibilityDate = ${text(compatibility_date)},
  compatibilityFlags = [ ${flags} ],
  durableObjectNamespaces = [ ${namespaces.join(", ")} ],
  durableObjectStorage = ( localDisk = "disk" ),
  bindings = [ ${bindings.join(", ")} ],
);`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [ ${[...services, `(name = "disk", disk = (path = ${text(stateDir)}, writable = true))`].join(", ")} ],
  sockets = [ ${sockets.join(", ")} ],
);

${constants.join("\n\n")}
`;
}
