//! Every fault on a real socket, as a reader meets it.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use modbus::frame::Answer;
use modbus::map::{self, DTU_SERIAL_ADDRESS, PORTS_ADDRESS, PortRecord};
use modbus::{Client, ClientError, FrameError, Function};
use plant::model::is_plausible_inverter;
use simulator::{ByteCount, DtuOptions, Fault, Running, SimPlant, SimulatedDtu};

/// Long enough that it only ends a test that has failed.
const PATIENT: Duration = Duration::from_secs(20);
/// For the tests of which a time-out is the subject.
const SHORT: Duration = Duration::from_millis(50);

/// A DTU of five ports (an HM-1500 and an HM-400) at noon, with a clock to turn.
struct World {
    dtu: Running,
    seconds: Arc<AtomicI64>,
}

impl World {
    async fn at(time: &str) -> Self {
        let start: Timestamp = time.parse().unwrap();
        let seconds = Arc::new(AtomicI64::new(start.as_second()));
        let clock = Arc::clone(&seconds);
        let plant = SimPlant::with_ports(5, 1);
        let dtu = SimulatedDtu::new(plant, DtuOptions::default(), move || {
            Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap()
        });
        Self { dtu: dtu.listen("127.0.0.1:0").await.unwrap(), seconds }
    }

    async fn noon() -> Self {
        Self::at("2025-06-21T11:00:00Z").await
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds.load(Ordering::Relaxed)).unwrap()
    }

    fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    async fn client(&self, patience: Duration) -> Client {
        Client::connect("127.0.0.1", self.dtu.address.port(), 1, patience).await.unwrap()
    }

    /// Six records: the whole table of this plant.
    async fn ask(&self, patience: Duration) -> Result<Answer, ClientError> {
        let mut client = self.client(patience).await;
        client.read(Function::ReadHolding, PORTS_ADDRESS, 120).await
    }

    async fn table(&self) -> Vec<PortRecord> {
        let answer = self.ask(PATIENT).await.unwrap();
        PortRecord::split(&answer.data).take_while(|record| !record.is_empty_slot()).collect()
    }

    fn honest(&self) -> Vec<PortRecord> {
        self.dtu.plant().records(self.now())
    }
}

fn counters(record: &PortRecord) -> (i64, i64) {
    (record.raw(&map::TODAY_PRODUCTION), record.raw(&map::TOTAL_PRODUCTION))
}

#[tokio::test]
async fn a_wrong_byte_count_hides_no_data() {
    let world = World::noon().await;
    for wrong in [ByteCount::AllOnes, ByteCount::Zero, ByteCount::Twice] {
        world.dtu.inject_for(Fault::WrongByteCount(wrong), 1);
        let lied = world.ask(PATIENT).await.unwrap();
        let honest = world.ask(PATIENT).await.unwrap();
        assert!(lied.repaired && !honest.repaired, "{wrong:?}");
        assert_eq!(lied.data, honest.data);
    }
}

#[tokio::test]
async fn refusals_and_empty_answers_keep_the_connection() {
    let world = World::noon().await;
    let mut client = world.client(PATIENT).await;
    for (fault, expected) in [
        (Fault::EmptyData, FrameError::NoData),
        (Fault::Exception(1), FrameError::Exception { code: 1 }),
        (Fault::Exception(4), FrameError::Exception { code: 4 }),
    ] {
        world.dtu.inject_for(fault, 1);
        let error = client.read(Function::ReadHolding, PORTS_ADDRESS, 20).await;
        assert!(
            matches!(&error, Err(ClientError::Frame(found)) if *found == expected),
            "{error:?}"
        );
        assert!(client.is_open());
    }
}

#[tokio::test]
async fn silence_and_a_trickle_run_into_the_time_out() {
    let world = World::noon().await;
    for fault in [Fault::Silence, Fault::Trickle(Duration::from_millis(20))] {
        world.dtu.inject_for(fault.clone(), 1);
        let error = world.ask(SHORT).await;
        assert!(matches!(error, Err(ClientError::Timeout(_))), "{fault:?}");
    }
    world.dtu.inject_for(Fault::Trickle(Duration::ZERO), 1);
    assert!(world.ask(PATIENT).await.is_ok(), "slow but whole");
}

#[tokio::test]
async fn hanging_up_before_or_within_an_answer_is_a_closed_connection() {
    let world = World::noon().await;
    for fault in [Fault::CloseAtOnce, Fault::CloseMidAnswer] {
        world.dtu.inject_for(fault.clone(), 1);
        let error = world.ask(PATIENT).await;
        assert!(matches!(error, Err(ClientError::Closed)), "{fault:?} {error:?}");
        assert!(world.ask(PATIENT).await.is_ok());
    }
}

#[tokio::test]
async fn answers_that_are_none_are_errors_of_the_frame() {
    let world = World::noon().await;
    world.dtu.inject_for(Fault::WrongTransaction, 1);
    let error = world.ask(PATIENT).await;
    assert!(matches!(error, Err(ClientError::Frame(FrameError::Transaction { .. }))));
    world.dtu.inject_for(Fault::GarbageBytes, 1);
    let error = world.ask(PATIENT).await;
    assert!(matches!(error, Err(ClientError::Frame(FrameError::Protocol(_)))));
}

#[tokio::test]
async fn a_short_answer_is_the_beginning_of_the_whole() {
    let world = World::noon().await;
    world.dtu.inject_for(Fault::ShortAnswer(50), 1);
    let short = world.ask(PATIENT).await.unwrap();
    let whole = world.ask(PATIENT).await.unwrap();
    assert_eq!((short.data.len(), short.repaired), (100, false));
    assert_eq!(short.data[..], whole.data[..100]);
}

#[tokio::test]
async fn bogus_inverters_look_real_and_come_back_only_with_their_seed() {
    let world = World::noon().await;
    let serials = |records: &[PortRecord]| -> BTreeSet<_> {
        records.iter().map(PortRecord::serial).collect()
    };
    let garbage = |seed| Fault::GarbageRecords { count: 99, seed };
    let mut seen = Vec::new();
    for seed in [1, 1, 2] {
        world.dtu.inject_for(garbage(seed), 1);
        let table = world.table().await;
        assert!(table.iter().all(|r| is_plausible_inverter(r.serial())));
        seen.push(serials(&table));
    }
    assert_eq!(seen[0].len(), 6);
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].is_disjoint(&seen[2]));
    assert!(seen[0].is_disjoint(&serials(&world.honest())));
    assert_eq!(world.table().await, world.honest());
}

#[tokio::test]
async fn a_hole_in_the_list_and_a_missing_inverter_are_different() {
    let world = World::noon().await;
    world.dtu.inject_for(Fault::EmptySlot(2), 1);
    let answer = world.ask(PATIENT).await.unwrap();
    let slots: Vec<_> = PortRecord::split(&answer.data).collect();
    assert!(slots[2].is_empty_slot());
    assert_eq!(slots[3], world.honest()[3], "the list goes on behind it");

    let first = world.honest()[0].serial();
    world.dtu.inject_for(Fault::MissingInverter(first), 1);
    assert_eq!(world.table().await, world.honest()[4..]);
    assert_eq!(world.table().await, world.honest());
}

#[tokio::test]
async fn zeros_come_with_status_zero_and_leave_the_names() {
    let world = World::noon().await;
    world.dtu.inject_for(Fault::ZeroInverters(1), 1);
    let table = world.table().await;
    assert_eq!(table.len(), 5);
    assert!(table[..4].iter().all(|r| counters(r) == (0, 0)
        && r.raw(&map::OPERATING_STATUS) == 0
        && r.raw(&map::PV_POWER) == 0
        && r.port() > 0));
    assert_eq!(table[4], world.honest()[4]);

    world.dtu.inject(Fault::Night);
    let night = world.table().await;
    assert!(night.iter().all(|r| r.raw(&map::LINK_STATUS) == 0 && counters(r) == (0, 0)));
    world.dtu.inject(Fault::LinkLost);
    let lost = world.table().await;
    assert!(lost.iter().all(|r| r.raw(&map::LINK_STATUS) == 0));
    assert!(lost.iter().all(|r| r.raw(&map::PV_POWER) > 0 && counters(r).1 > 0));
    world.dtu.clear();
    assert_eq!(world.table().await, world.honest());
}

#[tokio::test]
async fn a_reset_inverter_counts_from_zero_and_keeps_doing_so() {
    let world = World::noon().await;
    let reset = world.honest()[0].serial();
    world.dtu.inject(Fault::CounterReset(reset));
    let table = world.table().await;
    assert!(table[..4].iter().all(|r| counters(r) == (0, 0)));
    assert_eq!(table[4], world.honest()[4]);

    let before = world.honest();
    world.pass(3600);
    world.dtu.clear();
    for ((record, honest), before) in
        world.table().await[..4].iter().zip(world.honest()).zip(before)
    {
        let made = counters(&honest).1 - counters(&before).1;
        let (today, total) = counters(record);
        assert!(made > 0 && (total - made).abs() <= 1 && (today - made).abs() <= 1);
    }
    // The next day, the day counter has nothing to do with the reset any more.
    world.pass(24 * 3600);
    let (table, honest) = (world.table().await, world.honest());
    assert_eq!(counters(&table[0]).0, counters(&honest[0]).0);
    assert!(counters(&table[0]).1 < counters(&honest[0]).1);
    world.dtu.restore_counters();
    assert_eq!(world.table().await, world.honest());
}

#[tokio::test]
async fn stale_counters_stand_still_while_power_goes_on() {
    let world = World::noon().await;
    let before = world.honest();
    world.dtu.inject(Fault::StaleCounters);
    world.pass(3600);
    let mut client = world.client(PATIENT).await;
    client.read(Function::ReadHolding, DTU_SERIAL_ADDRESS, 3).await.unwrap();
    for ((record, now), before) in world.table().await.iter().zip(world.honest()).zip(before) {
        assert_eq!(counters(record), counters(&before));
        assert_eq!(record.raw(&map::PV_POWER), now.raw(&map::PV_POWER));
    }
    world.dtu.clear();
    assert_eq!(world.table().await, world.honest());
}

#[tokio::test]
async fn at_dawn_the_day_counter_may_still_be_yesterdays() {
    let world = World::at("2025-06-21T06:00:00Z").await;
    world.dtu.inject_for(Fault::TodayNotReset, 1);
    let honest = world.honest();
    let table = world.table().await;
    assert!(counters(&table[0]).0 > counters(&honest[0]).0 + 100);
    assert_eq!(counters(&table[0]).1, counters(&honest[0]).1);
    assert_eq!(world.table().await, honest);
}

#[tokio::test]
async fn a_script_is_followed_request_by_request() {
    let world = World::noon().await;
    let mut client = world.client(PATIENT).await;
    world.dtu.script([
        Some(Fault::Exception(1)),
        None,
        Some(Fault::EmptySlot(0)),
        Some(Fault::EmptyData),
    ]);
    let mut outcomes = Vec::new();
    for address in [
        PORTS_ADDRESS,
        PORTS_ADDRESS,
        // A table fault waits for the table.
        DTU_SERIAL_ADDRESS,
        PORTS_ADDRESS,
        DTU_SERIAL_ADDRESS,
        PORTS_ADDRESS,
    ] {
        let answer = client.read(Function::ReadHolding, address, 3).await;
        outcomes.push(match answer {
            Ok(answer) if answer.data[1..] == [0; 5] => "hole",
            Ok(_) => "honest",
            Err(ClientError::Frame(FrameError::NoData)) => "empty",
            Err(ClientError::Frame(_)) => "refused",
            Err(_) => "broken",
        });
    }
    assert_eq!(outcomes, ["refused", "honest", "honest", "hole", "empty", "honest"]);
}
