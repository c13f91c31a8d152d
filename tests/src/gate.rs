//! A door in front of a server: closed, it refuses and cuts connections as a stopped server does.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Forwards connections while open.
pub struct Gate {
    /// Where it listens, always the same.
    pub port: u16,
    state: watch::Sender<bool>,
    listening: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Gate {
    /// A gate in front of a server.
    pub async fn before(host: &str, port: u16, open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own_port = listener.local_addr().unwrap().port();
        let (state, watched) = watch::channel(open);
        let (report, listening) = watch::channel(false);
        let task = tokio::spawn(guard(listener, (host.to_owned(), port), watched, report));
        let mut gate = Self { port: own_port, state, listening, task };
        gate.settle(open).await;
        gate
    }

    /// Lets connections through again.
    pub async fn open(&mut self) {
        self.state.send_replace(true);
        self.settle(true).await;
    }

    /// Refuses new connections and cuts those that are open.
    pub async fn close(&mut self) {
        self.state.send_replace(false);
        self.settle(false).await;
    }

    async fn settle(&mut self, open: bool) {
        self.listening.wait_for(|listening| *listening == open).await.unwrap();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn guard(
    first: TcpListener,
    target: (String, u16),
    mut state: watch::Receiver<bool>,
    report: watch::Sender<bool>,
) {
    let own = first.local_addr().unwrap();
    let mut first = Some(first);
    loop {
        if !*state.borrow() {
            first = None;
            report.send_replace(false);
        }
        if state.wait_for(|open| *open).await.is_err() {
            return;
        }
        let listener = match first.take() {
            Some(listener) => listener,
            None => TcpListener::bind(own).await.unwrap(),
        };
        report.send_replace(true);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                closed = state.wait_for(|open| !open) => match closed {
                    Ok(_) => break,
                    Err(_) => return,
                },
                accepted = listener.accept() => {
                    let (mut client, _) = accepted.unwrap();
                    let target = target.clone();
                    connections.spawn(async move {
                        if let Ok(mut server) = TcpStream::connect(target).await {
                            let _ = copy_bidirectional(&mut client, &mut server).await;
                        }
                    });
                }
            }
        }
    }
}
