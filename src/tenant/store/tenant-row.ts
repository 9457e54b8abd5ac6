/** The tenant's one row: its own bucket, and counts over all buckets. */
import { type Bucket, type Scope, TENANT_KEY } from "../../core/index.ts";
import { TOTALS, type TotalsRow, totalsFromRow, totalsOfBucket } from "./bucket-rows.ts";

interface Row extends TotalsRow {
  bucket_counts: string;
  touches: number;
  holds_since: string;
}

interface TenantState {
  readonly bucket: Bucket;
  /** How many buckets each scope has. */
  readonly counts: Map<Scope, number>;
  /** How many times buckets were touched. Numbers of this count order touches. */
  touches: number;
  /** No open reservation has a lower id. */
  openSince: string;
}

const COLUMNS = [...TOTALS, "bucket_counts", "touches", "holds_since"];
const SELECT = `SELECT ${COLUMNS.join(", ")} FROM tenant`;
const PUT = `INSERT OR REPLACE INTO tenant (id, ${COLUMNS.join(", ")}) VALUES (1, ${COLUMNS.map(() => "?").join(", ")})`;

/** Most operations change this row, and each flush writes it once. */
export class TenantRow {
  readonly #sql: SqlStorage;
  #tenant: TenantState | undefined;
  /** True if the next flush has to write. Touches alone can wait. */
  unsaved = false;
  /** The count of touches when the row was read. Later touches are known exactly. */
  touchesAtStart = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Undefined before the tenant's first operation. */
  get(): TenantState | undefined {
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
