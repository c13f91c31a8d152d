//! A client of `/api/stream`.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::{Bridge, PATIENCE};

/// One message of the stream.
#[derive(Debug)]
pub struct Message {
    /// Its name.
    pub event: String,
    /// Its id.
    pub id: String,
    /// Its data.
    pub data: Value,
}

/// An open stream.
pub struct Stream {
    lines: Lines<BufReader<TcpStream>>,
}

impl Bridge {
    /// Opens the stream. `headers` are whole lines, each with its end.
    pub fn stream(&self, headers: &str) -> Stream {
        let mut connection = TcpStream::connect(self.address()).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        // HTTP/1.0: the body comes without chunks around it.
        write!(connection, "GET /api/stream HTTP/1.0\r\n{headers}\r\n").unwrap();
        let mut lines = BufReader::new(connection).lines();
        let status = lines.next().unwrap().unwrap();
        assert!(status.contains(" 200 "), "{status}");
        let stream = lines.by_ref().find(|line| line.as_ref().unwrap().is_empty());
        assert!(stream.is_some(), "the head of the answer ends");
        Stream { lines }
    }
}

impl Stream {
    /// The next message; none at the end of the stream.
    pub fn message(&mut self) -> Option<Message> {
        let (mut event, mut id, mut data) = Default::default();
        loop {
            let line = self.lines.next()?.unwrap();
            match line.split_once(": ") {
                Some(("event", text)) => event = text.to_owned(),
                Some(("id", text)) => id = text.to_owned(),
                Some(("data", text)) => data = serde_json::from_str(text).unwrap(),
                _ if line.is_empty() && !event.is_empty() => {
                    return Some(Message { event, id, data });
                }
                _ => {}
            }
        }
    }

    /// The next message with this name.
    pub fn next_of(&mut self, event: &str) -> Message {
        loop {
            let message = self.message().expect("the stream goes on");
            if message.event == event {
                return message;
            }
        }
    }
}
