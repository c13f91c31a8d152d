//! Events and the days of DTUs.

use plant::Snapshot;
use plant::event::{Event, EventKind};
use store::{EventQuery, Record};

use crate::world::*;

fn only(event: &Event) -> &[Event] {
    std::slice::from_ref(event)
}

const ALL: EventQuery = EventQuery { from: None, to: None, kinds: &[], limit: 1000 };

fn event(kind: EventKind, subject: &str, from: i64, to: Option<i64>) -> Event {
    Event {
        kind,
        subject: subject.to_owned(),
        started_at: at(from),
        ended_at: to.map(at),
        text: format!("'{subject}' at {from}"),
    }
}

fn records(events: &[Event]) -> Vec<Record> {
    events.iter().cloned().map(Record::Event).collect()
}

pub(crate) async fn an_event_is_told_twice_and_kept_once(world: &World) {
    let store = world.store().await;
    let begun = event(EventKind::DtuOutage, "roof \"2\"", NOON, None);
    let over = begun.clone().ended(at(NOON + 60));
    store.write(&records(only(&begun))).await.unwrap();
    assert_eq!(store.events(&ALL).await.unwrap(), only(&begun));
    for again in [vec![over.clone()], vec![begun.clone()], vec![begun, over.clone()]] {
        store.write(&records(&again)).await.unwrap();
        assert_eq!(store.events(&ALL).await.unwrap(), only(&over));
    }
    assert_eq!(world.number("SELECT count(*) FROM events").await, Some(1));
}

pub(crate) async fn events_are_found_by_the_range_they_overlap(world: &World) {
    let store = world.store().await;
    let early = event(EventKind::Alarm, "a", NOON, Some(NOON + 10));
    let instant = event(EventKind::CounterCorrection, "a/1", NOON + 20, Some(NOON + 20));
    let lasting = event(EventKind::Sleep, "a", NOON + 30, None);
    let all = [early.clone(), instant.clone(), lasting.clone()];
    store.write(&records(&all)).await.unwrap();
    let within = async |from: i64, to: i64| {
        let query = EventQuery { from: Some(at(from)), to: Some(at(to)), ..ALL };
        store.events(&query).await.unwrap()
    };
    assert_eq!(within(NOON + 5, NOON + 6).await, only(&early));
    assert_eq!(within(NOON + 11, NOON + 20).await, []);
    assert_eq!(within(NOON + 20, NOON + 21).await, only(&instant));
    assert_eq!(within(NOON + 900, NOON + 999).await, only(&lasting));
    assert_eq!(store.events(&ALL).await.unwrap(), [lasting.clone(), instant, early.clone()]);
    assert_eq!(store.events(&EventQuery { limit: 1, ..ALL }).await.unwrap(), [lasting]);
    let alarms = EventQuery { kinds: &[EventKind::Alarm, EventKind::BridgeDown], ..ALL };
    assert_eq!(store.events(&alarms).await.unwrap(), [early]);
}

pub(crate) async fn every_range_of_events_is_what_overlaps_it(world: &World) {
    let store = world.store().await;
    // Ends before, in and after every range, in the order of no index.
    let events: Vec<Event> = (0..60)
        .map(|n| {
            let (start, length) = (n * 7 % 30, n * 11 % 17);
            let end = (length < 15).then_some(NOON + start + length);
            let kind = if n % 3 == 0 { EventKind::Sleep } else { EventKind::Alarm };
            event(kind, &format!("{n:02}"), NOON + start, end)
        })
        .collect();
    store.write(&records(&events)).await.unwrap();

    let edges = [None, Some(-1), Some(0), Some(9), Some(10), Some(21), Some(40)];
    for (from, to) in edges.into_iter().flat_map(|from| edges.map(|to| (from, to))) {
        let [from, to] = [from, to].map(|second| second.map(|second| at(NOON + second)));
        for (kinds, limit) in [(&[][..], 1000), (&[EventKind::Sleep][..], 1000), (&[], 7)] {
            let found = store.events(&EventQuery { from, to, kinds, limit }).await.unwrap();
            let mut expected: Vec<Event> = events
                .iter()
                .filter(|e| kinds.is_empty() || kinds.contains(&e.kind))
                .filter(|e| to.is_none_or(|to| e.started_at < to))
                .filter(|e| from.is_none_or(|from| e.ended_at.is_none_or(|end| end >= from)))
                .cloned()
                .collect();
            expected.sort_by(|a, b| {
                (b.started_at, a.kind.word(), &a.subject).cmp(&(
                    a.started_at,
                    b.kind.word(),
                    &b.subject,
                ))
            });
            expected.truncate(limit as usize);
            assert_eq!(found, expected, "from {from:?} to {to:?}, {kinds:?}, limit {limit}");
        }
    }
}

pub(crate) async fn what_has_not_ended_is_known_after_a_restart(world: &World) {
    let over = event(EventKind::Alarm, "a", NOON, Some(NOON + 10));
    let second = event(EventKind::Sleep, "b", NOON + 2, None);
    let first = event(EventKind::DtuOutage, "roof", NOON + 1, None);
    let store = world.store().await;
    store.write(&records(&[over, second.clone(), first.clone()])).await.unwrap();
    store.close().await;
    assert_eq!(world.reopen().open_events().await.unwrap(), [first, second]);
    // A kind of a later version does not stand in the way of the others.
    world.execute("UPDATE events SET kind = 'party' WHERE kind = 'sleep'").await;
    assert_eq!(world.reopen().open_events().await.unwrap().len(), 1);
}

pub(crate) async fn many_events_fit_into_one_write(world: &World) {
    let store = world.store().await;
    let events: Vec<Event> =
        (0..333).map(|n| event(EventKind::Alarm, "a", NOON + n, Some(NOON + n))).collect();
    store.write(&records(&events)).await.unwrap();
    assert_eq!(store.events(&ALL).await.unwrap().len(), 333);
}

pub(crate) async fn days_of_dtus_are_found(world: &World) {
    let store = world.store().await;
    let day = 86_400;
    let of = |name: &str, second| Snapshot { dtu_name: name.into(), ..poll(second, 1) };
    let polls = [of("roof", NOON), of("roof", NOON + 60), of("roof", NOON + day), of("a", NOON)];
    store.write(&polls.map(snapshot)).await.unwrap();
    let first: jiff::civil::Date = "2025-06-21".parse().unwrap();
    let days = async |from: jiff::civil::Date, to: jiff::civil::Date| {
        let days = store.plant_days(from, to).await.unwrap();
        days.into_iter().map(|d| (d.dtu_name, d.day.day(), d.polls)).collect::<Vec<_>>()
    };
    let second = first.tomorrow().unwrap();
    let (roof, a) = ("roof".to_owned(), "a".to_owned());
    assert_eq!(days(first, second).await, [(a.clone(), 21, 1), (roof.clone(), 21, 2)]);
    assert_eq!(days(second, second.tomorrow().unwrap()).await, [(roof, 22, 1)]);
    assert_eq!(days(first, first).await, []);
}
