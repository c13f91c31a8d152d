//! Clients that mean no good: whoever else asks is answered, nothing fails, memory stays bounded.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::io::{Read, Write};
use std::net::TcpStream;

use e2e::{Bridge, PATIENCE, dtu, eventually};
use simulator::Running;

/// By how much all attacks together may make the bridge grow, KiB.
const MOST_GROWTH_KIB: u64 = 48 * 1024;

async fn bridge() -> (Bridge, Running) {
    let dtu = dtu(8, 1).await;
    let port = dtu.address.port().to_string();
    let bridge = Bridge::start(&[("DTU_HOST", "127.0.0.1"), ("DTU_PORT", port.as_str())]);
    eventually("a plant", async || {
        let answer = bridge.get("/api/ports");
        (answer.status == 200 && answer.json().as_array()?.len() == 8).then_some(())
    })
    .await;
    (bridge, dtu)
}

/// A connection that has sent this much. One that was closed at once may have taken none of it.
fn connect(bridge: &Bridge, sent: &[u8]) -> TcpStream {
    let mut connection = TcpStream::connect(bridge.address()).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = connection.write_all(sent);
    connection
}

/// So many files this test may still open.
fn files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().nth(3).unwrap().parse().unwrap_or(usize::MAX)
}

fn resident_kib(bridge: &Bridge) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", bridge.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn answers_others(bridge: &Bridge) {
    for path in ["/health", "/api/inverters", "/metrics", "/stats"] {
        assert_eq!(bridge.get(path).status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crowds_of_stuck_clients_keep_nobody_else_out() {
    let (bridge, _dtu) = bridge().await;
    answers_others(&bridge);
    let before = resident_kib(&bridge);
    // Twice what the bridge lets in at all; with a lower limit of files, what can be opened.
    let many = 1100.min(files().saturating_sub(200));

    let idle: Vec<_> = (0..many).map(|_| connect(&bridge, b"")).collect();
    answers_others(&bridge);
    drop(idle);
    let slow_heads: Vec<_> = (0..many)
        .map(|_| connect(&bridge, b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow: "))
        .collect();
    answers_others(&bridge);
    drop(slow_heads);
    // The greatest answer there is, asked for many times on each connection, and none of it read.
    let greedy = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: x\r\n\r\n".repeat(20);
    let slow_readers: Vec<_> = (0..100).map(|_| connect(&bridge, &greedy)).collect();
    answers_others(&bridge);
    let grown = resident_kib(&bridge).saturating_sub(before);
    assert!(grown < MOST_GROWTH_KIB, "{before} KiB, then {grown} KiB more");
    drop(slow_readers);

    let half_open: Vec<_> = (0..many)
        .map(|_| {
            let connection = connect(&bridge, b"GET /stats HTTP/1.1\r\nhost: x\r\n\r\n");
            connection.shutdown(std::net::Shutdown::Write).unwrap();
            connection
        })
        .collect();
    answers_others(&bridge);
    drop(half_open);
    assert!(bridge.terminate().success(), "and none of it holds up the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_too_large_are_refused() {
    let (bridge, _dtu) = bridge().await;
    let long = "x".repeat(200_000);
    let many = "x: y\r\n".repeat(500);
    for request in [
        format!("GET /health HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
        format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
    ] {
        let mut connection = connect(&bridge, request.as_bytes());
        let mut answer = Vec::new();
        // What it had not read when it closed may be answered by a reset.
        let _ = connection.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
        answers_others(&bridge);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_one_go_are_answered_one_by_one() {
    let (bridge, _dtu) = bridge().await;
    let mut requests = b"GET /ready HTTP/1.1\r\nhost: x\r\n\r\n".repeat(999);
    requests.extend(b"GET /ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let mut connection = TcpStream::connect(bridge.address()).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut sender = connection.try_clone().unwrap();
    let sending = std::thread::spawn(move || sender.write_all(&requests).unwrap());
    let mut answers = String::new();
    connection.read_to_string(&mut answers).unwrap();
    sending.join().unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn tricks_in_parameters_and_paths_are_refused_and_break_nothing() {
    const TRICKS: &[&str] = &[
        "%27%20OR%201=1--",
        "1;DROP%20TABLE%20inverters",
        "%00",
        "%ff%fe",
        "..%2f..%2f..%2fetc%2fpasswd",
        "../../../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "%0d%0aset-cookie:%20a=b",
        "9999999999999999999999",
        "-1",
        "1e309",
        "NaN",
        "-262144-01-01T00:00:00Z",
        "99999-12-31T23:59:59Z",
        "2026-02-30",
        "%F0%9F%8C%9E",
        "{{7*7}}",
        "<script>",
        "",
    ];
    let (bridge, _dtu) = bridge().await;
    let described = bridge.get("/api/openapi.json").json();
    let serial =
        bridge.get("/api/inverters").json()[0]["serial_number"].as_str().unwrap().to_owned();
    let mut asked = 0;
    for (path, operations) in described["paths"].as_object().unwrap() {
        // It has no end, and takes no parameter.
        if path == "/api/stream" {
            continue;
        }
        let real = path.replace("{serial}", &serial);
        let parameters = operations["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let names = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let names = names.map(|parameter| parameter["name"].as_str().unwrap()).chain(["x"]);
        let names: Vec<&str> = names.collect();
        for trick in TRICKS {
            let mut requests: Vec<String> =
                names.iter().map(|name| format!("{real}?{name}={trick}")).collect();
            requests.push(format!("{real}?{trick}={trick}"));
            requests.push(format!("{real}/{trick}"));
            requests.push(path.replace("{serial}", trick));
            for request in requests {
                // Sent as it is: a client of the better kind would tidy it up.
                let head =
                    format!("GET {request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
                let mut answer = Vec::new();
                connect(&bridge, head.as_bytes()).read_to_end(&mut answer).unwrap();
                let answer = String::from_utf8_lossy(&answer);
                let status = answer.split(' ').nth(1).unwrap_or("none");
                assert!(status.starts_with(['2', '3', '4']), "{request}: {answer}");
                assert!(
                    !answer.contains("root:") && !answer.contains("\r\nset-cookie"),
                    "{answer}"
                );
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
    answers_others(&bridge);
    assert_eq!(bridge.get("/stats").json()["inverters_count"], 2);
}
