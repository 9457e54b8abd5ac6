import {
  type Bucket,
  type BucketKey,
  type BucketName,
  type Hold,
  keyNamed,
  NO_USAGE,
  nameOf,
  scopeParts,
  subtractUsage,
  USER,
} from "../core/index.ts";
import type { ErasedAnswer, Operation } from "../wire/index.ts";
import { entryWithoutUser } from "./erased-entry.ts";
import type { TenantStores } from "./tenant-stores.ts";
import { usageList } from "./usage-list.ts";

const PAGE = 1000;

/**
 * Forgets a person: their buckets go, with what is set for them and the answers that are kept for their keys, and in
 * the ledger and in reservations a pseudonym stands for their id from now on. No sum changes: what their buckets had
 * counted is taken away under the pseudonym. Reads all that is stored, while the object does nothing else.
 */
export function eraseUser(
  tenant: TenantStores,
  { userId, pseudonym }: Operation<"erase_user">,
  nowMs: number,
): ErasedAnswer {
  const rename = (key: BucketKey) => renamed(key, userId, pseudonym);
  const buckets = [...bucketsOf(tenant, userId)];
  for (const bucket of buckets) {
    const usage = usageList(subtractUsage(NO_USAGE, bucket.usage));
    tenant.buckets.drop(bucket);
    tenant.ledger.append("erasure", { bucket: nameOf(rename(bucket)), usage }, nowMs);
  }
  if (buckets.length === 0) tenant.ledger.append("erasure", {}, nowMs);
  tenant.controls.drop((key) => rename(key) !== key);
  tenant.sums.renameCarried(rename);
  tenant.holds.rewrite((hold) => withoutUser(hold, userId, pseudonym));
  const change = (request: string, answer: unknown) => answerWithoutUser(request, answer, userId, pseudonym);
  for (let after: Place | undefined = [0, ""]; after; ) after = tenant.replays.hashSome(after, change, nowMs);
  tenant.config.renameAuthor(userId, pseudonym);
  const hash = (key: string) => tenant.replays.hashOf(key);
  tenant.ledger.rewrite((entry) => entryWithoutUser(entry, { userId, pseudonym, rename, hash }));
  return { pseudonym, buckets: buckets.length };
}

function* bucketsOf(tenant: TenantStores, userId: string): Generator<Bucket> {
  let after: BucketKey = { scope: "", subject: "" };
  for (;;) {
    const page = tenant.buckets.page(after, PAGE);
    yield* page.filter((bucket) => renamed(bucket, userId, "") !== bucket);
    const last = page.at(-1);
    if (!last) return;
    after = last;
  }
}

/** The key with the pseudonym for the user; the same one where it is another's. */
function renamed<K extends BucketKey>(key: K, userId: string, pseudonym: string): K | BucketKey {
  const { scope, subject } = key;
  const place = scopeParts(scope).indexOf(USER);
  if (place === -1) return key;
  if (scope === USER) return subject === userId ? { scope, subject: pseudonym } : key;
  const parts: (string | null)[] = JSON.parse(subject);
  return parts[place] === userId ? { scope, subject: JSON.stringify(parts.with(place, pseudonym)) } : key;
}

type Place = readonly [halfDay: number, key: string];

/** A stored answer to a request of this person or about them, with the pseudonym; the same answer to any other. */
function answerWithoutUser(request: string, answer: unknown, userId: string, pseudonym: string): unknown {
  const [operation, boundUser] = JSON.parse(request) as [Partial<Stored>, string | null | undefined];
  const told = answer as Told;
  const isTheirs =
    boundUser === userId ||
    operation.request?.user_id === userId ||
    operation.edit?.author === userId ||
    (operation.key && renamed(operation.key, userId, pseudonym) !== operation.key) ||
    told.user_id === userId;
  if (!isTheirs) return answer;
  const { scope, id } = told;
  return {
    ...told,
    ...(told.user_id === userId && { user_id: pseudonym }),
    ...(told.author === userId && { author: pseudonym }),
    ...(scope !== undefined && id !== undefined && renamedName({ scope, id }, userId, pseudonym)),
  };
}

/** What a stored request can say of a person. */
interface Stored {
  readonly request: { readonly user_id?: string | null };
  readonly edit: { readonly author?: string | null };
  readonly key: BucketKey;
}

/** What a stored answer can say of a person. */
interface Told extends Partial<Pick<BucketName, "scope" | "id">> {
  readonly user_id?: string | null;
  readonly author?: string | null;
}

function renamedName(name: Pick<BucketName, "scope" | "id">, userId: string, pseudonym: string) {
  const key = keyNamed(name);
  return key ? nameOf(renamed(key, userId, pseudonym)) : name;
}

function withoutUser(hold: Hold, userId: string, pseudonym: string): Hold {
  if (hold.subject.userId !== userId) return hold;
  return { ...hold, subject: { ...hold.subject, userId: pseudonym } };
}
