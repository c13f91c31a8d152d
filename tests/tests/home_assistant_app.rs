//! The bridge as an app of Home Assistant: started by the app's own script, with the options that
//! the Supervisor has written, beside a Supervisor that is slow to start.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use e2e::{Bridge, binary, dtu, eventually};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const SUPERVISOR_TOKEN: &str = "the-supervisors-token";
const API_TOKEN: &str = "a-token-of-the-owner";

/// What was asked of the Supervisor: method and path, the token, the body.
type Requests = Arc<Mutex<Vec<(String, String, Value)>>>;

/// A Supervisor, as far as an app may talk to it. The first question finds it still busy.
async fn supervisor() -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            answer(stream, &seen).await;
        }
    });
    (url, requests)
}

async fn answer(mut stream: TcpStream, requests: &Requests) {
    let mut reader = BufReader::new(&mut stream);
    let (mut first, mut token, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).await.unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        match line.trim_end().split_once(": ") {
            Some(("Authorization", value)) => value.clone_into(&mut token),
            Some(("Content-Length", value)) => length = value.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.unwrap();
    let asked = first.rsplit_once(' ').unwrap().0.to_owned();
    let is_busy = {
        let mut requests = requests.lock().unwrap();
        requests.push((asked.clone(), token, serde_json::from_slice(&body).unwrap_or_default()));
        requests.len() == 1
    };
    let (status, told) = match asked.as_str() {
        _ if is_busy => (503, json!({"result": "error", "message": "System is not ready"})),
        "GET /addons/self/info" => {
            (200, json!({"result": "ok", "data": {"hostname": "0a1b2c3d-hoymiles-smiles"}}))
        }
        "POST /discovery" => (200, json!({"result": "ok", "data": {"uuid": "5bb2fd6b"}})),
        _ => (403, json!({"result": "error", "message": "Forbidden"})),
    };
    let told = told.to_string();
    let head = format!("HTTP/1.0 {status} X\r\nContent-Length: {}\r\n\r\n", told.len());
    stream.write_all((head + &told).as_bytes()).await.unwrap();
}

/// The script of the app where that can give the data directory to another user, else the program.
fn command(program: &Path) -> Command {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = if is_root {
        let mut command = Command::new("sh");
        let script = "../packaging/home-assistant/run.sh";
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script));
        command
    } else {
        Command::new(binary())
    };
    let path = format!("{}:/usr/bin:/bin", program.display());
    command.env_clear().env("PATH", path).stdin(Stdio::null());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_reads_its_options_and_is_introduced_to_home_assistant() {
    let roof = dtu(4, 1).await;
    let (url, requests) = supervisor().await;
    let data_dir = Arc::new(tempfile::tempdir().unwrap());
    let options = json!({
        "dtus": [{"name": "roof", "host": "127.0.0.1", "port": roof.address.port()}],
        "api_token": API_TOKEN,
    });
    let file = data_dir.path().join("options.json");
    fs::write(&file, options.to_string()).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    // Where every user finds the program, as in the image.
    let program = tempfile::tempdir().unwrap();
    fs::set_permissions(program.path(), Permissions::from_mode(0o755)).unwrap();
    fs::copy(binary(), program.path().join("hoymiles-smiles")).unwrap();

    let bridge = Bridge::start_as(
        command(program.path()),
        data_dir,
        &[("SUPERVISOR_TOKEN", SUPERVISOR_TOKEN), ("SUPERVISOR_API", &url)],
    );
    let info = bridge.get_with(API_TOKEN, "/api/info").json();
    assert_eq!(info["dtus"][0]["name"], "roof");
    assert_eq!(bridge.get("/api/info").status, 401, "only ingress needs no token");

    let port: u16 = bridge.address().rsplit_once(':').unwrap().1.parse().unwrap();
    let message = json!({
        "service": "hoymiles_smiles",
        "config": {"host": "0a1b2c3d-hoymiles-smiles", "port": port, "token": API_TOKEN},
    });
    eventually("the introduction", async || {
        let heard = requests.lock().unwrap();
        heard
            .iter()
            .any(|(asked, _, body)| asked == "POST /discovery" && *body == message)
            .then_some(())
    })
    .await;
    for (asked, token, _) in requests.lock().unwrap().iter() {
        assert_eq!(*token, format!("Bearer {SUPERVISOR_TOKEN}"), "{asked}");
    }
    eventually("that the log says so", async || {
        bridge.log().contains("Home Assistant was told").then_some(())
    })
    .await;
    let log = bridge.log();
    assert!(log.contains("System is not ready"), "{log}");
    assert!(!log.contains(SUPERVISOR_TOKEN) && !log.contains(API_TOKEN), "{log}");

    // What the watchdog and ingress of the app ask for.
    assert_eq!(bridge.get("/ready").text, "OK");
    assert_eq!(bridge.get("/").status, 200);
    let runs_as = fs::metadata(format!("/proc/{}", bridge.pid())).unwrap().uid();
    assert_ne!(runs_as, 0, "the bridge does not run as root");
    assert!(bridge.terminate().success());
}
