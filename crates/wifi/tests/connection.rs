//! What a connection does, plain and encrypted, and when the device does not answer as it should.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use wifi::message::{InformationRequest, Readings, ReadingsRequest};
use wifi::server::{Reply, Request, Service};
use wifi::{Client, ClientError, Command, FrameError, Key, Seed};

const PATIENT: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(50);

type Step = fn(&Request, Option<&Key>) -> Reply;

/// Replies with what the test says, once each, then honestly.
struct Script {
    steps: Mutex<Vec<Step>>,
    key: Option<Key>,
}

impl Service for Script {
    fn key(&self) -> Option<Key> {
        self.key.clone()
    }

    async fn reply(&self, request: Request) -> Reply {
        let next = self.steps.lock().unwrap().pop();
        match next {
            Some(step) => step(&request, self.key.as_ref()),
            None => Reply::Send(honest(&request, self.key.as_ref())),
        }
    }
}

/// The page that was asked for.
fn honest(request: &Request, key: Option<&Key>) -> Vec<u8> {
    let asked: ReadingsRequest = request.message().unwrap_or_default();
    request.answer(&Readings { page: asked.page, ..Readings::default() }, key)
}

async fn device(steps: Vec<Step>, key: Option<Key>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = Script { steps: Mutex::new(steps), key };
    tokio::spawn(wifi::server::serve(listener, Arc::new(script)));
    port
}

fn key(of: u8) -> Key {
    Key::new(Seed::from([of; 16]))
}

async fn page(client: &mut Client, page: i32) -> Result<Readings, ClientError> {
    let request = ReadingsRequest { page: Some(page), ..ReadingsRequest::default() };
    client.ask(Command::READINGS, &request).await
}

async fn first(step: Step, patience: Duration) -> (ClientError, bool) {
    let port = device(vec![step], None).await;
    let mut client = Client::connect("127.0.0.1", port, patience, 0).await.unwrap();
    let error = page(&mut client, 1).await.unwrap_err();
    (error, client.is_open())
}

#[tokio::test]
async fn requests_follow_each_other_plain_and_encrypted() {
    for (device_key, client_key) in [(None, None), (Some(key(1)), Some(key(1)))] {
        let port = device(Vec::new(), device_key).await;
        let mut client = Client::connect("127.0.0.1", port, PATIENT, u16::MAX - 1).await.unwrap();
        client.encrypt(client_key);
        for number in 1..=3 {
            assert_eq!(page(&mut client, number).await.unwrap().page, Some(number));
        }
        assert_eq!((client.sequence(), client.requests()), (1, 3), "the sequence wraps");
    }
}

#[tokio::test]
async fn information_is_plain_on_an_encrypted_connection() {
    let port = device(Vec::new(), Some(key(1))).await;
    let mut client = Client::connect("127.0.0.1", port, PATIENT, 7).await.unwrap();
    let request = InformationRequest::default();
    let answer: wifi::message::Information =
        client.ask(Command::INFORMATION, &request).await.unwrap();
    assert_eq!(answer.page, None);
    client.encrypt(Some(key(1)));
    assert_eq!(page(&mut client, 2).await.unwrap().page, Some(2));
}

#[tokio::test]
async fn pieces_are_put_together() {
    let step: Step = |request, key| Reply::Pieces(honest(request, key), 3, Duration::ZERO);
    let port = device(vec![step], Some(key(1))).await;
    let mut client = Client::connect("127.0.0.1", port, PATIENT, 0).await.unwrap();
    client.encrypt(Some(key(1)));
    assert_eq!(page(&mut client, 5).await.unwrap().page, Some(5));
}

#[tokio::test]
async fn late_answers_are_passed_over() {
    let step: Step = |request, key| {
        let earlier = Request { sequence: request.sequence.wrapping_sub(1), ..request.clone() };
        let other = Request { command: Command::INFORMATION, ..request.clone() };
        let bytes = [&earlier, &other, request].map(|request| honest(request, key));
        Reply::Send(bytes.concat())
    };
    let port = device(vec![step], Some(key(1))).await;
    let mut client = Client::connect("127.0.0.1", port, PATIENT, 0).await.unwrap();
    client.encrypt(Some(key(1)));
    assert_eq!(page(&mut client, 5).await.unwrap().page, Some(5));
    assert_eq!(page(&mut client, 6).await.unwrap().page, Some(6), "still in step");
}

#[tokio::test]
async fn answers_to_others_only_are_no_answer() {
    let step: Step = |request, key| {
        let other = Request { sequence: request.sequence.wrapping_add(9), ..request.clone() };
        Reply::Send(honest(&other, key).repeat(20))
    };
    let (error, open) = first(step, PATIENT).await;
    assert!(matches!(error, ClientError::Strangers) && !open, "{error}");
}

#[tokio::test]
async fn another_key_is_noticed() {
    let step: Step = |request, _| Reply::Send(honest(request, Some(&key(2))));
    let port = device(vec![step], Some(key(1))).await;
    let mut client = Client::connect("127.0.0.1", port, PATIENT, 0).await.unwrap();
    client.encrypt(Some(key(1)));
    let error = page(&mut client, 1).await.unwrap_err();
    assert!(matches!(error, ClientError::NotOurs(_)) && !client.is_open(), "{error}");
}

#[tokio::test]
async fn a_plain_request_to_a_dtu_that_encrypts_stays_without_an_answer() {
    let port = device(Vec::new(), Some(key(1))).await;
    let mut client = Client::connect("127.0.0.1", port, SHORT, 0).await.unwrap();
    let error = page(&mut client, 1).await.unwrap_err();
    assert!(matches!(error, ClientError::Timeout(_)), "it waits for the tag: {error}");
}

#[tokio::test]
async fn silence_hanging_up_and_zeros_drop_the_connection() {
    let (error, open) = first(|_, _| Reply::Silence, SHORT).await;
    assert!(matches!(error, ClientError::Timeout(_)) && !open, "{error}");
    let (error, open) = first(|_, _| Reply::Last(Vec::new()), PATIENT).await;
    assert!(matches!(error, ClientError::Closed) && !open, "{error}");
    let (error, open) = first(|_, _| Reply::Send(vec![0; 64]), PATIENT).await;
    assert!(matches!(error, ClientError::Frame(FrameError::Magic(_))) && !open, "{error}");
}

#[tokio::test]
async fn a_damaged_answer_is_refused() {
    let step: Step = |request, key| {
        let mut bytes = honest(request, key);
        *bytes.last_mut().unwrap() ^= 1;
        Reply::Send(bytes)
    };
    let (error, open) = first(step, PATIENT).await;
    assert!(matches!(error, ClientError::Frame(FrameError::Checksum { .. })) && !open, "{error}");
}
