//! The live stream: how it begins, goes on, is resumed and ends.

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use http_body_util::BodyExt;
use plant::event::{Event, EventKind};
use serde_json::Value;
use tower::ServiceExt;

use crate::world::{SERIAL, World, noon};

/// One message of the stream.
#[derive(Debug)]
struct Message {
    event: String,
    id: String,
    data: Value,
}

struct Stream(BodyDataStream);

impl Stream {
    async fn open(world: &World, last_event_id: Option<&str>) -> Self {
        let mut request = Request::get("/api/stream");
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = world.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self(response.into_body().into_data_stream())
    }

    async fn text(&mut self) -> Option<String> {
        let frame = self.0.frame().await?.unwrap().into_data().unwrap();
        Some(String::from_utf8(frame.to_vec()).unwrap())
    }

    async fn next(&mut self) -> Message {
        let text = self.text().await.expect("the stream goes on");
        let field = |name: &str| {
            let prefix = format!("{name}: ");
            let mut lines = text.lines().filter_map(|line| line.strip_prefix(&prefix));
            lines.next().unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
        };
        assert!(text.ends_with("\n\n"), "{text}");
        Message {
            event: field("event"),
            id: field("id"),
            data: serde_json::from_str(&field("data")).unwrap(),
        }
    }
}

fn outage() -> Event {
    Event {
        kind: EventKind::DtuOutage,
        subject: "roof".into(),
        started_at: noon(),
        ended_at: None,
        text: "It does not answer.".into(),
    }
}

#[tokio::test]
async fn a_stream_begins_with_the_state_and_goes_on_with_what_happens() {
    let world = World::new();
    let mut stream = Stream::open(&world, None).await;
    let state = stream.next().await;
    assert_eq!(state.event, "state");
    assert_eq!(state.data["plant"], world.get("/api/plant").await.json());
    assert_eq!(state.data["dtus"], world.get("/api/dtus").await.json());
    assert_eq!(state.data["inverters"], world.get("/api/inverters").await.json());

    world.feed.event(&outage());
    let event = stream.next().await;
    assert_eq!(event.event, "event");
    assert_eq!(event.data["kind"], "dtu_outage");
    assert_eq!(event.data["dtu"], "roof");
    assert_ne!(event.id, state.id);
}

#[tokio::test]
async fn who_comes_back_gets_what_followed_and_nothing_else() {
    let world = World::new();
    let state = Stream::open(&world, None).await.next().await;
    world.feed.event(&outage());
    world.feed.event(&outage().ended(noon()));

    let mut resumed = Stream::open(&world, Some(&state.id)).await;
    let (began, ended) = (resumed.next().await, resumed.next().await);
    assert_eq!(began.data["ended_at"], Value::Null);
    assert_eq!(ended.data["ended_at"], "2026-06-21T12:00:00Z");

    let again = Stream::open(&world, Some(&began.id)).await.next().await;
    assert_eq!((&again.id, again.event.as_str()), (&ended.id, "event"));
}

#[tokio::test]
async fn an_id_that_nobody_can_go_on_from_begins_with_the_state() {
    let world = World::new();
    let old = Stream::open(&world, None).await.next().await.id;
    let of_another_run = Stream::open(&World::new(), None).await.next().await.id;
    for _ in 0..100 {
        world.feed.event(&outage());
    }
    let to_come = old.rsplit_once('-').unwrap().0.to_owned() + "-100000";
    for id in [old.as_str(), &of_another_run, &to_come, "17", "x"] {
        let first = Stream::open(&world, Some(id)).await.next().await;
        assert_eq!(first.event, "state", "{id}");
    }
}

#[tokio::test]
async fn who_reads_too_slowly_gets_the_state_instead_of_what_was_missed() {
    let world = World::new();
    let mut slow = Stream::open(&world, None).await;
    let mut quick = Stream::open(&world, None).await;
    slow.next().await;
    quick.next().await;
    for _ in 0..100 {
        world.feed.event(&outage());
        assert_eq!(quick.next().await.event, "event");
    }
    assert_eq!(slow.next().await.event, "state");
    world.feed.event(&outage());
    let (slow, quick) = (slow.next().await, quick.next().await);
    assert_eq!((slow.event.as_str(), slow.id), ("event", quick.id));
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_a_comment() {
    let world = World::new();
    let mut stream = Stream::open(&world, None).await;
    stream.next().await;
    for _ in 0..3 {
        let asked = tokio::time::Instant::now();
        assert_eq!(stream.text().await.as_deref(), Some(":\n\n"));
        assert_eq!(asked.elapsed().as_secs(), 15);
    }
}

#[tokio::test]
async fn streams_are_limited_and_a_seat_is_given_back() {
    let world = World::new();
    let mut streams = Vec::new();
    for _ in 0..32 {
        streams.push(Stream::open(&world, None).await);
    }
    let refused = world.get("/api/stream").await;
    let told = refused.problem(503, "/api/stream");
    assert!(told.contains("Too many live streams"), "{told}");
    assert_eq!(refused.header("retry-after"), "30");
    streams.pop();
    streams.push(Stream::open(&world, None).await);
}

#[tokio::test]
async fn every_stream_ends_with_the_bridge() {
    let world = World::new();
    let mut stream = Stream::open(&world, None).await;
    stream.next().await;
    world.end_streams().await;
    assert_eq!(stream.text().await, None);
    assert_eq!(Stream::open(&world, None).await.text().await, None);
}

#[tokio::test]
async fn what_is_published_is_told_to_everybody() {
    let mut world = World::new();
    let (live, watched) = tokio::sync::watch::channel(world.plant.clone().into());
    let (feed, now, identity) = (world.feed.clone(), world.now, world.identity());
    let following = tokio::spawn(async move {
        let clock = api::Clock::from_fn(move || now);
        feed.follow(watched, identity, clock, std::future::pending()).await;
    });
    let mut streams = [Stream::open(&world, None).await, Stream::open(&world, None).await];
    for stream in &mut streams {
        stream.next().await;
    }
    // The task has seen the plant as it was.
    tokio::task::yield_now().await;
    world.dtu().last_success = Some(noon() + jiff::SignedDuration::from_mins(1));
    live.send_replace(world.plant.clone().into());
    for stream in &mut streams {
        let snapshot = stream.next().await;
        assert_eq!(
            (snapshot.event.as_str(), &snapshot.data["dtu_name"]),
            ("snapshot", &"roof".into())
        );
        assert_eq!(snapshot.data["inverters"][0]["serial_number"], SERIAL);
    }
    drop(live);
    following.await.unwrap();
}
