import { type Bucket, type Scope, TENANT_KEY } from "../../core/index.ts";
import { TOTALS, type TotalsRow, totalsFromRow, totalsOfBucket } from "./bucket-rows.ts";

interface Row extends TotalsRow {
  bucket_counts: string;
  touches: number;
  holds_since: string;
}

/** What the tenant's row tells. */
interface Tenant {
  readonly bucket: Bucket;
  /** How many buckets each scope has. */
  readonly counts: Map<Scope, number>;
  /** How many times a bucket was touched, which puts touches in order. */
  touches: number;
  /** No hold that lives has an id before this one. */
  openSince: string;
}

const COLUMNS = [...TOTALS, "bucket_counts", "touches", "holds_since"];
const SELECT = `SELECT ${COLUMNS.join(", ")} FROM tenant`;
const PUT = `INSERT OR REPLACE INTO tenant (id, ${COLUMNS.join(", ")}) VALUES (1, ${COLUMNS.map(() => "?").join(", ")})`;

/** The tenant's one row, which most writes change and a flush writes once. */
export class TenantRow {
  readonly #sql: SqlStorage;
  #tenant: Tenant | undefined;
  /** Whether more than touches has changed since the last flush; touches alone can wait. */
  unsaved = false;
  /** How many touches there had been when the row was read: what is known of later ones is exact. */
  touchesAtStart = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Undefined before the tenant's first operation. */
  get(): Tenant | undefined {
    if (this.#tenant) return this.#tenant;
    const [row] = this.#sql.exec<Row>(SELECT);
    if (!row) return undefined;
    this.touchesAtStart = row.touches;
    this.#tenant = {
      bucket: { ...TENANT_KEY, ...totalsFromRow(row), touchedAtMs: row.started_at, isTouchExact: true, touchedSeq: 0 },
      counts: new Map(Object.entries(JSON.parse(row.bucket_counts))),
      touches: row.touches,
      openSince: row.holds_since,
    };
    return this.#tenant;
  }

  create(bucket: Bucket): void {
    this.touchesAtStart = 0;
    this.#tenant = { bucket, counts: new Map(), touches: 0, openSince: "" };
    this.unsaved = true;
  }

  flush(): void {
    if (!this.unsaved || !this.#tenant) return;
    const { bucket, counts, touches, openSince } = this.#tenant;
    this.#sql.exec(PUT, ...totalsOfBucket(bucket), JSON.stringify(Object.fromEntries(counts)), touches, openSince);
    this.unsaved = false;
  }

  discard(): void {
    this.#tenant = undefined;
    this.unsaved = false;
  }
}
