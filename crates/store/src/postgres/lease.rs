//! Leases: one row, one statement, the database's clock.
//!
//! `now()` is the start of the transaction. Where the statement has waited for another claim on the
//! row, it is a little early: the other lease then looks longer, and our own becomes shorter. Both
//! err towards one bridge instead of two.
//!
//! Times are computed in `VALUES` and compared as `EXCLUDED`, because Citus takes nothing but
//! immutable functions after `DO UPDATE`, and `now()` is not one.

use std::time::Duration;

use plant::Serial;
use sqlx::{PgPool, Row};

use super::{BEGIN_WRITE, begin, unnamed};
use crate::{Claim, Lease};

/// Granted when the lease has expired, or is of this very run of the bridge, or ($6) of an earlier
/// run. A lease of ours that expired while nobody took it goes on under its epoch.
const CLAIM: &str = "
    INSERT INTO dtu_leases AS lease
        (dtu_key, holder, process, holder_name, expires_at, epoch, granted_at, renewed_at)
    VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), 1, now(), now())
    ON CONFLICT (dtu_key) DO UPDATE
    SET epoch       = CASE WHEN lease.process = EXCLUDED.process
                           THEN lease.epoch ELSE lease.epoch + 1 END,
        granted_at  = CASE WHEN lease.process = EXCLUDED.process
                           THEN lease.granted_at ELSE EXCLUDED.granted_at END,
        renewed_at  = EXCLUDED.renewed_at,
        expires_at  = EXCLUDED.expires_at,
        holder      = EXCLUDED.holder,
        process     = EXCLUDED.process,
        holder_name = EXCLUDED.holder_name
    WHERE lease.expires_at <= EXCLUDED.renewed_at
       OR lease.process = EXCLUDED.process
       OR (lease.holder = EXCLUDED.holder AND $6)
    RETURNING epoch, granted_at = renewed_at AS is_new";

const NOTE_GRANT: &str = "
    INSERT INTO dtu_lease_grants (dtu_key, epoch, granted_at, holder, holder_name)
    VALUES ($1, $2, now(), $3, $4)
    ON CONFLICT DO NOTHING";

const HOLDER: &str = "
    SELECT holder_name,
           EXTRACT(EPOCH FROM expires_at - now())::double precision AS remaining_s
    FROM dtu_leases
    WHERE dtu_key = $1";

const RELEASE: &str = "
    UPDATE dtu_leases
    SET expires_at = now()
    WHERE dtu_key = $1
      AND process = $2
      AND expires_at > now()";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// See [`Leases::claim`](crate::Leases::claim).
pub(super) async fn claim(pool: &PgPool, claim: &Claim) -> Result<Lease> {
    let key = claim.dtu.to_string();
    let mut transaction = begin(pool, BEGIN_WRITE).await?;
    let granted = unnamed(CLAIM)
        .bind(key.clone())
        .bind(claim.holder.clone())
        .bind(claim.process.clone())
        .bind(claim.holder_name.clone())
        .bind(claim.ttl.as_secs_f64())
        .bind(claim.restarted)
        .fetch_optional(&mut *transaction)
        .await?;
    let lease = match granted {
        Some(row) => {
            let epoch: i64 = row.try_get("epoch")?;
            if row.try_get("is_new")? {
                unnamed(NOTE_GRANT)
                    .bind(key)
                    .bind(epoch)
                    .bind(claim.holder.clone())
                    .bind(claim.holder_name.clone())
                    .execute(&mut *transaction)
                    .await?;
            }
            Lease::Granted { epoch }
        }
        None => {
            let row = unnamed(HOLDER).bind(key).fetch_one(&mut *transaction).await?;
            let remaining_s: f64 = row.try_get("remaining_s")?;
            Lease::Held {
                holder_name: row.try_get("holder_name")?,
                // Negative when it expired between the two statements.
                remaining: Duration::try_from_secs_f64(remaining_s).unwrap_or_default(),
            }
        }
    };
    transaction.commit().await?;
    Ok(lease)
}

/// See [`Leases::release`](crate::Leases::release).
pub(super) async fn release(pool: &PgPool, dtu: Serial, process: &str) -> Result<()> {
    let mut transaction = begin(pool, BEGIN_WRITE).await?;
    unnamed(RELEASE)
        .bind(dtu.to_string())
        .bind(process.to_owned())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}
