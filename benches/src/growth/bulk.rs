//! Past days into PostgreSQL, by COPY: each table in the order in which the bridge would have
//! inserted, and the daily tables worked out from the same readings.
//!
//! The simulated counters are never wrong, so a port's energy of a day is what its day counter
//! showed last. What the bridge's own accounts do with counters that lie is not needed here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use plant::Serial;
use plant::status::Activity;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Row};
use store::SLOT_S;
use tokio::sync::mpsc;

use super::farm::{Farm, calendar};

/// Bytes of COPY in one message.
const CHUNK: usize = 1 << 18;
/// 2000-01-01T00:00:00Z, where PostgreSQL's times begin.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;

const COPY_INVERTERS: &str = "
    COPY inverter_data (inverter_id, timestamp, grid_voltage, grid_frequency, temperature,
        alarm_code, alarm_count, operating_status, link_status)
    FROM STDIN (FORMAT binary)";
const COPY_PORTS: &str = "
    COPY port_data (inverter_id, port_number, timestamp, pv_voltage, pv_current, pv_power,
        today_production, total_production)
    FROM STDIN (FORMAT binary)";
const COPY_PORT_DAYS: &str = "
    COPY port_daily (inverter_id, port_number, day, energy, estimated, peak_power, peak_at,
        first_at, last_at, samples, corrections)
    FROM STDIN";
const COPY_DTU_DAYS: &str = "
    COPY plant_daily (dtu_name, day, energy, estimated, peak_power, peak_at, first_at, last_at,
        polls)
    FROM STDIN";

const COPY_PORT_HOURS: &str = "
    COPY port_hourly (inverter_id, port_number, hour, energy, estimated, peak_power, peak_at,
        samples)
    FROM STDIN";
const COPY_DTU_HOURS: &str = "
    COPY plant_hourly (dtu_name, hour, energy, estimated, peak_power, peak_at, polls) FROM STDIN";

const COPY_SLOTS: &str = "COPY inverter_power (slot, inverter_id, power) FROM STDIN";

/// One day of all DTUs, ready for COPY.
struct Day {
    inverters: Vec<u8>,
    ports: Vec<u8>,
    port_days: String,
    dtu_days: String,
    port_hours: String,
    dtu_hours: String,
    slots: String,
    /// New rows of `inverter_data` and `port_data`.
    rows: (i64, i64),
}

/// Fills the tables with everything from one instant up to another, which starts a local day.
pub(super) async fn fill(pool: &PgPool, farm: &Arc<Farm>, from: Timestamp, to: Timestamp) {
    let ids = register(pool, farm, from, to).await;
    // The next day is made up while PostgreSQL takes this one.
    let (made, mut days) = mpsc::channel(1);
    let source = Arc::clone(farm);
    let making = tokio::task::spawn_blocking(move || {
        let calendar = calendar();
        let mut start = from;
        while start < to {
            let end = calendar.start(calendar.day(start).tomorrow().unwrap()).min(to);
            made.blocking_send(Day::of(&source, &ids, start, end)).unwrap();
            start = end;
        }
    });
    let (mut one, mut two) = (connection(pool).await, connection(pool).await);
    let mut total = 0;
    while let Some(day) = days.recv().await {
        tokio::join!(
            copy(&mut one, COPY_INVERTERS, &day.inverters),
            copy(&mut two, COPY_PORTS, &day.ports)
        );
        copy(&mut one, COPY_PORT_DAYS, day.port_days.as_bytes()).await;
        copy(&mut one, COPY_DTU_DAYS, day.dtu_days.as_bytes()).await;
        copy(&mut one, COPY_PORT_HOURS, day.port_hours.as_bytes()).await;
        copy(&mut one, COPY_DTU_HOURS, day.dtu_hours.as_bytes()).await;
        copy(&mut one, COPY_SLOTS, day.slots.as_bytes()).await;
        count(&mut one, day.rows).await;
        let before = total;
        total += day.rows.1;
        if total / 5_000_000 != before / 5_000_000 {
            eprintln!("{} million port readings", total / 1_000_000);
        }
    }
    making.await.unwrap();
}

/// What an acknowledged reading is worth does not matter here.
async fn connection(pool: &PgPool) -> PoolConnection<Postgres> {
    let mut connection = pool.acquire().await.unwrap();
    sqlx::raw_sql("SET synchronous_commit = off").execute(&mut *connection).await.unwrap();
    connection
}

/// The numbers of all inverters, which are registered as seen in this time.
async fn register(
    pool: &PgPool,
    farm: &Farm,
    from: Timestamp,
    to: Timestamp,
) -> BTreeMap<Serial, i32> {
    let mut ids = BTreeMap::new();
    for (name, dtu) in farm.dtus() {
        for serial in dtu.serials() {
            let row = sqlx::query(
                "INSERT INTO inverters (serial_number, first_seen, last_seen, dtu_name, inverter_type)
                 VALUES ($1, $2, $3, $4, 'HM') RETURNING inverter_id",
            )
            .bind(serial.to_string())
            .bind(from.to_sqlx())
            .bind(to.to_sqlx())
            .bind(name)
            .fetch_one(pool)
            .await
            .unwrap();
            ids.insert(serial, row.get(0));
        }
    }
    ids
}

async fn copy(connection: &mut PgConnection, statement: &str, data: &[u8]) {
    let mut copy = connection.copy_in_raw(statement).await.unwrap();
    for chunk in data.chunks(CHUNK) {
        copy.send(chunk).await.unwrap();
    }
    copy.finish().await.unwrap();
}

async fn count(connection: &mut PgConnection, (inverters, ports): (i64, i64)) {
    sqlx::query(
        "INSERT INTO row_counts (table_name, rows) VALUES ('inverter_data', $1), ('port_data', $2)
         ON CONFLICT (table_name, site_id) DO UPDATE SET rows = row_counts.rows + EXCLUDED.rows",
    )
    .bind(inverters)
    .bind(ports)
    .execute(connection)
    .await
    .unwrap();
}

impl Day {
    fn of(farm: &Farm, ids: &BTreeMap<Serial, i32>, from: Timestamp, to: Timestamp) -> Self {
        let (mut inverters, mut ports) = (Rows::new(), Rows::new());
        let mut books = Books::default();
        let calendar = calendar();
        for poll in farm.polls(from, to) {
            let at = poll.taken_at;
            let hour = calendar.hour(at);
            for reading in &poll.inverters {
                inverters.row(9);
                inverters.field(ids[&reading.serial].to_be_bytes());
                inverters.time(at);
                inverters.real(reading.grid_voltage_v);
                inverters.real(reading.grid_frequency_hz);
                inverters.real(reading.temperature_c);
                inverters.code(reading.alarm_code);
                inverters.code(reading.alarm_count);
                inverters.code(reading.operating_status);
                inverters.code(reading.link_status);
            }
            let asleep = poll.inverters.iter().filter(|i| Activity::of(i) == Activity::Asleep);
            let asleep: BTreeSet<Serial> = asleep.map(|inverter| inverter.serial).collect();
            let mut added_wh = 0;
            for reading in &poll.ports {
                let id = ids[&reading.serial];
                ports.row(8);
                ports.field(id.to_be_bytes());
                ports.field(i16::from(reading.port).to_be_bytes());
                ports.time(at);
                ports.real(reading.pv_voltage_v);
                ports.real(reading.pv_current_a);
                ports.real(reading.pv_power_w);
                ports.optional(reading.today_wh.map(|wh| wh.cast_signed().to_be_bytes()));
                ports.optional(reading.total_wh.map(|wh| i64::from(wh).to_be_bytes()));
                let key = (id, reading.port);
                let power_w = reading.pv_power_w.unwrap_or_default();
                let day = books.port_days.entry(key).or_default();
                let more = reading.today_wh.unwrap_or_default().saturating_sub(day.energy_wh);
                day.see(at, power_w, more);
                books.port_hours.entry((key, hour)).or_default().see(at, power_w, more);
                added_wh += more;
                let ports = books.slots.entry((slot_of(at), id)).or_default();
                let (sum, readings) = ports.entry(reading.port).or_default();
                *sum += if asleep.contains(&reading.serial) { 0.0 } else { f64::from(power_w) };
                *readings += 1;
            }
            let power_w = poll.pv_power_w() as f32;
            let name = poll.dtu_name;
            books.dtu_days.entry(name.clone()).or_default().see(at, power_w, added_wh);
            books.dtu_hours.entry((name, hour)).or_default().see(at, power_w, added_wh);
        }
        let rows = (inverters.count, ports.count);
        let day = calendar.day(from);
        Self {
            inverters: inverters.end(),
            ports: ports.end(),
            port_days: lines(&books.port_days, |(id, port), t| {
                let Tally { energy_wh, peak: (peak_w, peak_at), first_at, last_at, samples } = t;
                format!(
                    "{id}\t{port}\t{day}\t{energy_wh}\t0\t{peak_w}\t{peak_at}\t{first_at}\t{last_at}\t\
                     {samples}\t0"
                )
            }),
            dtu_days: lines(&books.dtu_days, |name, t| {
                let Tally { energy_wh, peak: (peak_w, peak_at), first_at, last_at, samples } = t;
                format!(
                    "{name}\t{day}\t{energy_wh}\t0\t{peak_w}\t{peak_at}\t{first_at}\t{last_at}\t\
                     {samples}"
                )
            }),
            port_hours: lines(&books.port_hours, |((id, port), hour), t| {
                let Tally { energy_wh, peak: (peak_w, peak_at), samples, .. } = t;
                format!("{id}\t{port}\t{hour}\t{energy_wh}\t0\t{peak_w}\t{peak_at}\t{samples}")
            }),
            dtu_hours: lines(&books.dtu_hours, |(name, hour), t| {
                let Tally { energy_wh, peak: (peak_w, peak_at), samples, .. } = t;
                format!("{name}\t{hour}\t{energy_wh}\t0\t{peak_w}\t{peak_at}\t{samples}")
            }),
            slots: slots(&books.slots),
            rows,
        }
    }
}

/// An inverter's number and one of its ports.
type PortKey = (i32, u8);

/// The figures of one day.
#[derive(Default)]
struct Books {
    port_days: BTreeMap<PortKey, Tally>,
    dtu_days: BTreeMap<String, Tally>,
    port_hours: BTreeMap<(PortKey, Timestamp), Tally>,
    dtu_hours: BTreeMap<(String, Timestamp), Tally>,
    slots: Slots,
}

/// Sum and number of what each port of an inverter delivered in five minutes.
type Slots = BTreeMap<(Timestamp, i32), BTreeMap<u8, (f64, u32)>>;

/// The beginning of the five minutes.
fn slot_of(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(i64::from(SLOT_S))).unwrap()
}

/// As the bridge makes them: each port is averaged first, and the ports are summed then.
fn slots(slots: &Slots) -> String {
    let power = |ports: &BTreeMap<u8, (f64, u32)>| -> f64 {
        ports.values().map(|(sum, readings)| sum / f64::from(*readings)).sum()
    };
    slots.iter().map(|((slot, id), ports)| format!("{slot}\t{id}\t{}\n", power(ports))).collect()
}

fn lines<K>(tallies: &BTreeMap<K, Tally>, line: impl Fn(&K, &Tally) -> String) -> String {
    tallies.iter().map(|(key, tally)| line(key, tally) + "\n").collect()
}

/// What a day or an hour adds up to.
#[derive(Debug, Clone, Copy)]
struct Tally {
    energy_wh: u32,
    peak: (f32, Timestamp),
    first_at: Timestamp,
    last_at: Timestamp,
    samples: u32,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            energy_wh: 0,
            peak: (-1.0, Timestamp::UNIX_EPOCH),
            first_at: Timestamp::MAX,
            last_at: Timestamp::MIN,
            samples: 0,
        }
    }
}

impl Tally {
    fn see(&mut self, at: Timestamp, power_w: f32, added_wh: u32) {
        self.energy_wh += added_wh;
        self.first_at = self.first_at.min(at);
        self.last_at = self.last_at.max(at);
        self.samples += 1;
        if power_w > self.peak.0 {
            self.peak = (power_w, at);
        }
    }
}

/// Rows in the binary format of COPY.
struct Rows {
    bytes: Vec<u8>,
    count: i64,
}

impl Rows {
    fn new() -> Self {
        // The signature, no flags, no extension.
        Self { bytes: b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec(), count: 0 }
    }

    fn row(&mut self, fields: i16) {
        self.bytes.extend(fields.to_be_bytes());
        self.count += 1;
    }

    fn field<const N: usize>(&mut self, value: [u8; N]) {
        self.optional(Some(value));
    }

    fn optional<const N: usize>(&mut self, value: Option<[u8; N]>) {
        match value {
            None => self.bytes.extend((-1_i32).to_be_bytes()),
            Some(value) => {
                self.bytes.extend((N as i32).to_be_bytes());
                self.bytes.extend(value);
            }
        }
    }

    fn time(&mut self, at: Timestamp) {
        self.field((at.as_microsecond() - PG_EPOCH_MICROS).to_be_bytes());
    }

    fn real(&mut self, value: Option<f32>) {
        self.optional(value.map(f32::to_be_bytes));
    }

    fn code(&mut self, value: Option<u16>) {
        self.optional(value.map(|code| i32::from(code).to_be_bytes()));
    }

    fn end(mut self) -> Vec<u8> {
        self.bytes.extend((-1_i16).to_be_bytes());
        self.bytes
    }
}
